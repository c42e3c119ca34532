import { act, screen, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { fakeCaches } from '@/testing/caches';
import { open } from '@/testing/render';
import { asked, completed, finished, ID, results, search, tell, titles, withSearches } from '@/testing/searches';
import { answer, done, failing, refuse, server } from '@/testing/server';
import { FakeSocket } from '@/testing/socket';
import { report, work } from '@/testing/works';

import { forgetRun } from './run';

withSearches();
afterEach(() => vi.unstubAllGlobals());

describe('asking', () => {
  it('asks what is typed, and the address says so', async () => {
    const { user, router } = await open('/');
    await user.type(screen.getByRole('combobox', { name: 'What are you looking for?' }), 'lamps{Enter}');
    await waitFor(() => expect(asked).toMatchObject([{ query: 'lamps', sources: [], refresh: false, anonymous: false }]));
    await waitFor(() => expect(router.state.location.search).toMatchObject({ q: 'lamps', id: ID }));
    expect(document.title).toBe('lamps · PAKE');
  });

  it('follows a search that is on the server already, without asking again', async () => {
    await search(`/?q=lamps&id=${ID}`);
    completed(work('w1'));
    expect(await screen.findByRole('article', { name: 'Work w1' })).toBeInTheDocument();
    expect(asked).toEqual([]);
  });

  it('asks again when the server has forgotten the search of the address', async () => {
    await open(`/?q=lamps&id=${ID}`);
    act(() => FakeSocket.last.accept());
    act(() => FakeSocket.last.tell({ type: 'error', data: { code: 'gone', error: 'gone', in_reply_to: ID } }));
    await waitFor(() => expect(asked).toHaveLength(1));
  });

  it('completes fields by keyboard, and offers what was asked before', async () => {
    server.use(answer('get', '/api/v1/history', { entries: [{ id: ID, query: 'title of lamps', user_id: ID, sources: [], results_count: 1, execution_time_ms: 1, cache_hit: false, query_metadata: {} as never, created_at: '', is_favorite: false, tags: [] }] }));
    const { user } = await open('/');
    const box = screen.getByRole('combobox');
    await user.type(box, 'ti');
    expect(await screen.findByRole('option', { name: /title of lamps/ })).toBeInTheDocument();
    await user.keyboard('{ArrowDown}');
    expect(screen.getByRole('option', { name: /title:/ })).toHaveAttribute('aria-selected', 'true');
    await user.keyboard('{Enter}');
    expect(box).toHaveValue('title:');
    await user.keyboard('x{Escape}');
    expect(screen.queryByRole('listbox')).not.toBeInTheDocument();
  });

  it('points at what is wrong with a question, at the box', async () => {
    server.use(refuse('post', '/api/v1/searches', 400, { error: 'invalid_query', detail: 'column 1: there is no field `titel`' }));
    await open('/?q=titel:x');
    expect(await screen.findByRole('alert')).toHaveTextContent('column 1: there is no field');
    // The list is drawn a moment after the box is.
    await waitFor(() => expect(screen.getByRole('combobox')).toBeInvalid());
  });

  it('shows what failed with the id of the request, and asks again', async () => {
    server.use(refuse('post', '/api/v1/searches', 429, { title: 'Too many', detail: 'Wait a little.' }));
    const { user } = await open('/?q=lamps');
    expect(await screen.findByRole('alert')).toHaveTextContent('Request request-1');
    server.use(answer('post', '/api/v1/searches', { id: ID, status: 'running', query: 'lamps', started_at: '', events: '' }, 202));
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(screen.queryByRole('alert')).not.toBeInTheDocument());
  });
});

describe('without a network', () => {
  it('shows the last answer to the same question, and since when it is kept', async () => {
    vi.stubGlobal('caches', fakeCaches());
    const first = await search();
    completed(work('w1'));
    await waitFor(async () => expect(await (await caches.open('pake-kept-answers')).keys()).toHaveLength(1));
    first.unmount();
    forgetRun();
    server.use(failing('post', '/api/v1/searches'));
    await open('/?q=lamps');
    await waitFor(() => expect(titles()).toEqual(['Work w1']));
    expect(screen.getByText(/Kept on this device/)).toHaveTextContent('Kept on this device now');
  });

  it('says that the server cannot be reached when nothing is kept', async () => {
    server.use(failing('post', '/api/v1/searches'));
    await open('/?q=lamps');
    expect(await screen.findByRole('alert')).toHaveTextContent('The server cannot be reached');
  });
});

describe('while sources answer', () => {
  it('shows how it goes with each, and works as they come', async () => {
    await search();
    results('arxiv', work('w1'), work('w2'));
    expect(titles()).toEqual(['Work w1', 'Work w2']);
    finished(report('arxiv', { retrieved: 2 }));
    finished(report('pubmed', { state: 'failed', retrieved: 0, error: { code: 'rate_limited', retry_at: '2099-01-01T00:00:00Z' } }));
    expect(screen.getByRole('button', { name: /arXiv.*2 · 300 ms/ })).toBeInTheDocument();
    expect(screen.getByRole('button', { name: /PubMed.*failed/ })).toBeInTheDocument();
  });

  it('says why a source failed and when it is asked again', async () => {
    const { user } = await search();
    finished(report('pubmed', { state: 'failed', retrieved: 0, error: { code: 'rate_limited', retry_at: '2099-01-01T00:00:00Z' } }));
    await user.click(screen.getByRole('button', { name: /PubMed/ }));
    expect(await screen.findByText(/asked too often; again/)).toHaveTextContent(/in \d+ years/);
  });

  it('moves nothing under the eyes of somebody who reads: what is new waits', async () => {
    const { user } = await search();
    results('arxiv', work('w1'), work('w2'));
    await user.keyboard('j');
    results('pubmed', work('w3'));
    completed(work('w3'), work('w2'), work('w1'));
    expect(titles()).toEqual(['Work w1', 'Work w2']);
    await user.click(screen.getByRole('button', { name: '1 new and the final order, show' }));
    expect(titles()).toEqual(['Work w3', 'Work w2', 'Work w1']);
  });

  it('goes into the final order by itself when nobody reads yet, and says so', async () => {
    await search();
    results('arxiv', work('w1'), work('w2'));
    completed(work('w2'), work('w1'));
    expect(titles()).toEqual(['Work w2', 'Work w1']);
    expect(screen.getByText('2 works from 4 records in 1.2 sec')).toBeInTheDocument();
    expect(await screen.findByText('The final order is there: 2 works')).toBeInTheDocument();
  });

  it('resumes by itself after the connection dropped', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    await search();
    results('arxiv', work('w1'));
    act(() => FakeSocket.last.drop());
    await waitFor(() => expect(FakeSocket.all).toHaveLength(2));
    act(() => FakeSocket.last.accept());
    expect(FakeSocket.last.sent).toContainEqual(expect.objectContaining({ type: 'resume', search_id: ID, last_seq: 2 }));
    completed(work('w1'));
    expect(titles()).toEqual(['Work w1']);
  });

  it('stops on demand and keeps what has come', async () => {
    server.use(done('delete', '/api/v1/searches/{id}'));
    const { user } = await search();
    results('arxiv', work('w1'));
    await user.click(screen.getByRole('button', { name: 'Stop' }));
    tell('search_failed', { error: 'cancelled' });
    expect(titles()).toEqual(['Work w1']);
    expect(screen.queryByRole('button', { name: 'Stop' })).not.toBeInTheDocument();
  });

  it('says that a search was lost, keeps what has come, and asks again', async () => {
    const { user } = await search();
    results('arxiv', work('w1'));
    tell('search_failed', { error: 'lost' });
    expect(await screen.findByRole('alert')).toHaveTextContent('The search was lost');
    expect(screen.getByRole('alert')).toHaveTextContent('What had come by then is below');
    expect(titles()).toEqual(['Work w1']);
    await user.click(screen.getByRole('button', { name: 'Ask again' }));
    await waitFor(() => expect(asked.at(-1)).toMatchObject({ query: 'lamps', refresh: true }));
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  });

  it('says of a search that was lost before anything came what helps, and not that nothing was found', async () => {
    await search();
    tell('search_failed', { error: 'lost' });
    expect(await screen.findByRole('alert')).toHaveTextContent('Ask again.');
    expect(screen.queryByText('No source found anything')).not.toBeInTheDocument();
  });

  it('says what helps when nothing was found', async () => {
    await search();
    completed();
    expect(screen.getByText('No source found anything')).toBeInTheDocument();
  });
});
