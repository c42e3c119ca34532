import { describe, expect, it } from 'vitest';

import { entry, report } from '@/testing/history';

import { sourceRows, waits } from './performance';

describe('what single searches tell', () => {
  it('is how often a source answered where it was really asked, and how quickly half the time', () => {
    const searches = [
      entry(1, {}, { reports: [report('arxiv', { took_ms: 100, retrieved: 10 }), report('pubmed', { state: 'failed' })] }),
      entry(2, {}, { reports: [report('arxiv', { took_ms: 300, retrieved: 5 }), report('pubmed', { state: 'cached' })] }),
      entry(3, {}, { reports: [report('arxiv', { state: 'failed', took_ms: 9_000 })] }),
      entry(4, { cache_hit: true }, { reports: [report('arxiv', { state: 'failed' })] }),
    ];
    expect(sourceRows(searches)).toEqual([
      { source: 'arxiv', asked: 3, answered: 2 / 3, median: 200, records: 7.5 },
      { source: 'pubmed', asked: 1, answered: 0, median: undefined, records: 0 },
    ]);
    expect(sourceRows([])).toEqual([]);
  });

  it('is how long was waited, in classes that miss nobody', () => {
    const took = [0, 99, 100, 2_999, 10_000, 90_000];
    const classes = waits(took.map((time, n) => entry(n, { execution_time_ms: time })));
    expect(classes.map(({ count }) => count)).toEqual([2, 1, 0, 1, 0, 2]);
    expect(classes.at(-1)).toEqual({ from: 10_000, below: undefined, count: 2 });
  });
});
