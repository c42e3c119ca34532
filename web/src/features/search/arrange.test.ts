import { expect, it } from 'vitest';

import { work } from '@/testing/works';

import { narrowingOf, questionOf, readAddress, shareLink, writeNarrowing } from './address';
import { countFacets, narrow, sortWorks } from './arrange';

const works = [
  work('w1', { title: 'Beta', date: { year: 2020, kind: 'published' }, sources: ['arxiv', 'pubmed'], oa_status: 'gold', venue: 'Lamps, Monthly', citations: [{ source: 'openalex', count: 3 }, { source: 'crossref', count: 9 }] }),
  work('w2', { title: 'alpha', date: { year: 2024, month: 5, kind: 'published' }, type: 'preprint', sources: ['arxiv'], oa_status: 'closed' }),
  work('w3', { title: 'Gamma', sources: ['pubmed'], citations: [{ source: 'openalex', count: 8 }] }),
];
const nothing = narrowingOf({});
const ids = (list: { id: string }[]) => list.map((each) => each.id).join(' ');

it('narrows by all facets together; the values of one are alternatives', () => {
  expect(ids(narrow(works, { ...nothing, from: ['pubmed'] }))).toBe('w1 w3');
  expect(ids(narrow(works, { ...nothing, from: ['pubmed'], access: ['open'] }))).toBe('w1');
  expect(ids(narrow(works, { ...nothing, year: ['2020', '2024'] }))).toBe('w1 w2');
});

it('counts what each value would show with what is chosen elsewhere, and keeps what is chosen in sight', () => {
  const counts = countFacets(works, { ...nothing, from: ['pubmed'], year: ['1999'] });
  expect(counts.from).toEqual([{ value: 'pubmed', count: 0 }]);
  expect(countFacets(works, { ...nothing, from: ['pubmed'] }).from).toEqual([{ value: 'arxiv', count: 2 }, { value: 'pubmed', count: 2 }]);
  expect(counts.year).toEqual([{ value: '2020', count: 1 }, { value: '1999', count: 0 }]);
  expect(counts.access).toEqual([]);
});

it('sorts; what a work does not say comes last', () => {
  expect(ids(sortWorks(works, 'relevance'))).toBe('w1 w2 w3');
  expect(ids(sortWorks(works, 'newest'))).toBe('w2 w1 w3');
  expect(ids(sortWorks(works, 'oldest'))).toBe('w1 w2 w3');
  expect(ids(sortWorks(works, 'cited'))).toBe('w1 w3 w2');
  expect(ids(sortWorks(works, 'title'))).toBe('w2 w1 w3');
});

it('reads any address, and takes only what makes sense', () => {
  const address = readAddress({ q: ' lamps ', sources: 'arxiv,,arxiv', limit: '50', sort: 'cited', id: 'nonsense', private: 'yes', year: '2020|2021' });
  expect(questionOf(address)).toEqual({ query: ' lamps ', sources: ['arxiv'], limit: 50, isPrivate: false });
  expect([address.id, address.sort, address.private]).toEqual([undefined, 'cited', undefined]);
  expect(questionOf(readAddress({ q: '   ' }))).toBeUndefined();
  expect(readAddress({ q: 'x'.repeat(9_999), sort: 'evil', limit: '7' })).toMatchObject({ q: 'x'.repeat(2_000), sort: undefined, limit: undefined });
});

it('writes what narrows the list as it is read, with commas in venues', () => {
  const narrowing = { ...nothing, venue: ['Lamps, Monthly', 'Other'], from: ['arxiv'] };
  expect(narrowingOf(writeNarrowing(narrowing))).toEqual(narrowing);
});

it('shares the question, not the search of whoever shares it', () => {
  const link = shareLink(readAddress({ q: 'a & b', sort: 'newest', id: '00000000-0000-7000-8000-000000000001' }), 'https://pake.example');
  expect(link).toBe('https://pake.example/?q=a+%26+b&sort=newest');
});
