import { describe, expect, it } from 'vitest';

import { narrowedBy, readEntryAddress, readHistoryAddress, searchAddress, wanted } from './address';

describe('the address of the history', () => {
  it('keeps what makes sense and forgets the rest', () => {
    const good = { q: 'x', view: 'popular', favorites: '1', source: 'arxiv', tag: 't', status: 'failed', from: '2026-01-31', until: '2026-02-01', minQuality: '0', maxQuality: '100' };
    expect(readHistoryAddress(good)).toEqual(good);
    const bad = { q: '  ', view: 'oldest', favorites: 'yes', source: '', tag: 7, status: 'done', from: 'yesterday', until: '2026-02-99', minQuality: '-1', maxQuality: 'NaN' };
    expect(Object.values(readHistoryAddress(bad)).filter((value) => value !== undefined)).toEqual([]);
    expect(readHistoryAddress({ q: 'x'.repeat(5_000) }).q).toHaveLength(1_000);
  });

  it('asks for whole days of the reader, the last one too, and for shares instead of per cents', () => {
    expect(wanted({ from: '2026-01-31', until: '2026-01-31', minQuality: '50', favorites: '1' })).toEqual({
      favorites: true,
      from: new Date(2026, 0, 31).toISOString(),
      until: new Date(2026, 1, 1).toISOString(),
      min_quality: 0.5,
    });
    expect(wanted({})).toEqual({});
  });

  it('counts what narrows, not the words and the order', () => {
    expect(narrowedBy({ q: 'x', view: 'popular' })).toBe(0);
    expect(narrowedBy({ tag: 't', favorites: '1' })).toBe(2);
  });

  it('compares with searches only', () => {
    const id = '00000000-0000-7000-8000-000000000001';
    expect(readEntryAddress({ compare: id })).toEqual({ compare: id });
    expect(readEntryAddress({ compare: '../admin' })).toEqual({ compare: undefined });
  });

  it('leads to the search page with the question and its sources', () => {
    expect(searchAddress({ query: 'a b', sources: ['arxiv', 'pubmed'] }, 'id')).toEqual({ q: 'a b', sources: 'arxiv,pubmed', id: 'id' });
    expect(searchAddress({ query: 'a', sources: [] })).toEqual({ q: 'a', sources: undefined, id: undefined });
  });
});
