import { describe, expect, it } from 'vitest';

import { compareAnswers } from './answer-changes';
import type { Schema } from './api';

type Work = Schema<'Work'>;

function work(title: string, more: Partial<Work> = {}): Work {
  const records = [{ source: 'openalex', source_id: title, rank: 1, joined_by: 'first' }] as const;
  return {
    id: 'w1', title, authors: [], type: 'article', provenance: {}, sources: ['openalex'], score: 1,
    versions: [{ type: 'article', joined_by: 'first', records: [...records] }], ...more,
  };
}
const titles = (placed: { work: Work }[]) => placed.map(({ work }) => work.title);

describe('what differs between two answers', () => {
  it('is nothing when they are the same', () => {
    const answer = [work('a'), work('b')];
    expect(compareAnswers(answer, answer)).toEqual({ appeared: [], gone: [], changed: [], unchanged: 2 });
    expect(compareAnswers([], [])).toEqual({ appeared: [], gone: [], changed: [], unchanged: 0 });
  });

  it('names what is new and what is gone, with its place', () => {
    const { appeared, gone, unchanged } = compareAnswers([work('a'), work('b')], [work('n'), work('a')]);
    expect(appeared).toEqual([{ work: work('n'), place: 1 }]);
    expect(gone).toEqual([{ work: work('b'), place: 2 }]);
    expect(unchanged).toBe(1);
  });

  it('knows a work by its DOI whatever else is told of it', () => {
    const before = work('Attention', { doi: '10.1/X', versions: [] });
    const now = work('Attention Is All You Need', { doi: '10.1/x', versions: [] });
    expect(compareAnswers([before], [now])).toMatchObject({ appeared: [], gone: [], changed: [{ details: ['title'] }] });
  });

  it('knows it by the DOI of one of its versions, by the record of a source, and at last by its title', () => {
    const version: Work['versions'][number] = { type: 'preprint', joined_by: 'first', records: [], arxiv_id: '2101.00001' };
    for (const [before, now] of [
      [work('A', { versions: [version] }), work('B', { arxiv_id: '2101.00001', versions: [] })],
      [work('A', { title: 'One title' }), work('A', { title: 'Another' })],
      [work('Two: Words!', { versions: [] }), work('two words', { versions: [] })],
    ] as const) {
      expect(compareAnswers([before], [now]).appeared).toEqual([]);
    }
  });

  it('takes each work of before once, though two are like it now', () => {
    const twin = () => work('t', { doi: '10.1/t' });
    expect(titles(compareAnswers([twin()], [twin(), twin()]).appeared)).toEqual(['t']);
  });

  it('calls moved only what left its place among the others, not what was pushed by something new', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => work(name));
    expect(compareAnswers([a!, b!, c!], [d!, a!, b!, c!]).changed).toEqual([]);
    const { changed, unchanged } = compareAnswers([a!, b!, c!, d!], [d!, a!, b!, c!]);
    expect(changed).toEqual([{ work: d, from: 4, to: 1, isMoved: true, details: [] }]);
    expect(unchanged).toBe(3);
  });

  it('tells what is told differently', () => {
    const preprint = work('p', { versions: [{ type: 'preprint', joined_by: 'first', records: [] }], citations: [{ source: 'openalex', count: 1 }] });
    const published = work('p', {
      is_retracted: true, oa_status: 'gold', sources: ['openalex', 'crossref'],
      citations: [{ source: 'openalex', count: 2 }, { source: 'crossref', count: 9 }],
    });
    expect(compareAnswers([preprint], [published]).changed[0]?.details).toEqual(['retracted', 'published', 'open', 'cited', 'sources']);
    // Somebody else counts now: nobody's count has changed.
    const [one, other] = [work('c', { citations: [{ source: 'openalex', count: 1 }] }), work('c', { citations: [{ source: 'crossref', count: 7 }] })];
    expect(compareAnswers([one], [other]).changed).toEqual([]);
  });

  it('is quick with many works in a wild order', () => {
    const many = Array.from({ length: 2_000 }, (_, n) => work(`w${n}`));
    const { changed, unchanged } = compareAnswers(many, many.toReversed());
    expect([changed.length, unchanged]).toEqual([1_999, 1]);
  });
});
