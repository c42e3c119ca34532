import { expect, it } from 'vitest';

import type { SearchFrame } from '@/lib/frames';
import { counts, report, work } from '@/testing/works';

import { advance, BEGINNING, isRunning, type Progress } from './progress';

let seq = 0;
const frame = (type: string, data: unknown) => ({ type, data, seq: (seq += 1), search_id: 's', timestamp: '', message_id: '' }) as SearchFrame;
const progress = (data: unknown) => frame('search_progress', data);
const started = frame('search_started', { query: 'lamps', sources: ['arxiv', 'pubmed'], limit: 25 });
const results = (source: string, ...changes: unknown[]) => progress({ kind: 'search_source_results', source, changes, late: false });
const added = (id: string) => ({ change: 'added', work: work(id) });
const told = (...frames: SearchFrame[]): Progress => frames.reduce(advance, BEGINNING);
const states = ({ sources }: Progress) => sources.map(({ id, state, found }) => `${id} ${state} ${found}`);

it('knows who is asked from the beginning, and how it goes with each', () => {
  const asking = told(started, progress({ kind: 'search_source_started', source: 'arxiv', query: '', filters: [] }), results('arxiv', added('w1'), added('w2')));
  expect(asking.understood).toBe('lamps');
  expect(states(asking)).toEqual(['arxiv asking 2', 'pubmed waiting 0']);
  const done = advance(asking, progress({ kind: 'search_source_failed', ...report('pubmed', { state: 'failed', retrieved: 0 }) }));
  expect(states(done)).toEqual(['arxiv asking 2', 'pubmed failed 0']);
  expect(isRunning(done)).toBe(true);
});

it('lets works keep the place at which they came, whatever becomes of them', () => {
  const now = told(started, results('arxiv', added('w1'), added('w2'), added('w3')), results('pubmed', added('w4'), { change: 'absorbed', id: 'w2', into: 'w1' }, { change: 'updated', work: work('w1', { title: 'Better' }) }));
  expect(now.arrival).toEqual(['w1', 'w3', 'w4']);
  expect(now.works.get('w1')?.title).toBe('Better');
  expect(now.works.has('w2')).toBe(false);
});

it('has the final order beside the order of arrival', () => {
  const answer = { works: [work('w2'), work('w1'), work('w3')], sources: [report('arxiv')], counts: counts(3), took_ms: 900 };
  const end = told(started, results('arxiv', added('w1'), added('w2')), frame('search_completed', answer));
  expect([end.final, end.arrival]).toEqual([['w2', 'w1', 'w3'], ['w1', 'w2', 'w3']]);
  expect([end.phase, end.counts?.works, end.tookMs, isRunning(end)]).toEqual(['completed', 3, 900, false]);
});

it('goes on after the end while a source is late, and takes the order of its revision', () => {
  const answer = { works: [work('w1')], sources: [report('arxiv'), report('pubmed', { state: 'late' })], counts: counts(1), took_ms: 900 };
  const waiting = told(started, frame('search_completed', answer));
  expect(isRunning(waiting)).toBe(true);
  const end = [results('pubmed', added('w2')), progress({ kind: 'search_source_finished', ...report('pubmed') }), progress({ kind: 'search_revised', counts: counts(2), order: ['w2', 'w1', 'unheard'] })].reduce(advance, waiting);
  expect([end.phase, end.final, end.revisions, isRunning(end)]).toEqual(['completed', ['w2', 'w1'], 1, false]);
});

it('keeps what has come when the search is stopped', () => {
  const end = told(started, results('arxiv', added('w1')), frame('search_failed', { error: 'cancelled' }));
  expect([end.phase, end.arrival]).toEqual(['cancelled', ['w1']]);
});

it('tells a search that was lost from one that was stopped, and waits for nothing more', () => {
  const late = progress({ kind: 'search_source_failed', ...report('pubmed', { state: 'late', retrieved: 0 }) });
  const end = told(started, results('arxiv', added('w1')), late, frame('search_failed', { error: 'lost' }));
  expect([end.phase, end.arrival, isRunning(end)]).toEqual(['lost', ['w1'], false]);
});
