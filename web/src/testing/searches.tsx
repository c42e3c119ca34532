import { act, screen, waitFor, within } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { afterEach, beforeEach, expect } from 'vitest';

import { forgetRun } from '@/features/search/run';
import type { Schema } from '@/lib/api';
import { stream } from '@/lib/stream';

import { open } from './render';
import { answer, refuse, respond, server } from './server';
import { FakeSocket } from './socket';
import { counts, report } from './works';

export const ID = '00000000-0000-7000-8000-00000000000f';
/** What was asked of the server. */
export const asked: Schema<'Ask'>[] = [];
let seq = 0;

const source = (id: Schema<'SourceId'>, label: string): Schema<'SourceState'> => ({
  id,
  label,
  description: label,
  availability: 'ready',
  fresh_seconds: 1,
  stale_seconds: 1,
  terms_url: '',
  health: { state: 'closed', requests: 0, failures: 0, waiting: 0, spent_today_usd: 0 },
});

/** Tells the next entry of the log of the search. */
export const tell = (type: string, data: unknown) => act(() => FakeSocket.last.tell({ type, data, seq: (seq += 1), search_id: ID }));

export const results = (id: string, ...works: Schema<'Work'>[]) =>
  tell('search_progress', { kind: 'search_source_results', source: id, late: false, changes: works.map((each) => ({ change: 'added', work: each })) });

export const finished = (part: Schema<'SourceReport'>) => tell('search_progress', { kind: part.state === 'failed' ? 'search_source_failed' : 'search_source_finished', ...part });

export const completed = (...works: Schema<'Work'>[]) =>
  tell('search_completed', { works, sources: [report('arxiv'), report('pubmed')], counts: counts(works.length), took_ms: 1200 });

/** The titles of the works that are shown, in their order. */
export const titles = () => screen.getAllByRole('article').map((article) => within(article).getByRole('heading').textContent);

/** Asks for lamps; the server has taken the question and asks two sources. */
export async function search(address = '/?q=lamps') {
  const page = await open(address);
  await waitFor(() => expect(FakeSocket.all.length).toBeGreaterThan(0));
  act(() => FakeSocket.last.accept());
  await waitFor(() => expect(FakeSocket.last.sent.some((frame) => frame.type === 'resume')).toBe(true));
  tell('search_started', { query: 'lamps', sources: ['arxiv', 'pubmed'], limit: 25 });
  return page;
}

/** For every test of a file: a server with two sources that takes every question. */
export function withSearches() {
  beforeEach(() => {
    FakeSocket.all = [];
    asked.length = 0;
    seq = 0;
    server.use(
      answer('get', '/api/v1/sources', { sources: [source('arxiv', 'arXiv'), source('pubmed', 'PubMed')] }),
      answer('get', '/api/v1/history', { entries: [] }),
      refuse('get', '/api/v1/history/{id}', 404),
      respond('post', '/api/v1/searches', async ({ request }) => {
        asked.push((await request.json()) as Schema<'Ask'>);
        return HttpResponse.json({ id: ID, status: 'running', query: 'lamps', started_at: '2026-11-26T12:00:00Z', events: '' }, { status: 202 });
      }),
    );
  });
  afterEach(() => {
    forgetRun();
    stream.close();
  });
}
