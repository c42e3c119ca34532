import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import type { Schema } from '@/lib/api';
import { stream } from '@/lib/stream';
import { entry, idOf, kept, report, sources, work } from '@/testing/history';
import { open } from '@/testing/render';
import { answer, done, refuse, respond, server } from '@/testing/server';
import { FakeSocket } from '@/testing/socket';

const saved = vi.hoisted(() => [] as { name: string; blob: Blob }[]);
vi.mock('@/lib/save-file', () => ({ saveFile: (file: { name: string; blob: Blob }) => saved.push(file) }));

const LATER = entry(2);
const EARLIER = entry(1);

function record(of: typeof LATER): Schema<'Prisma'> {
  return {
    id: of.id, query: of.query, started_at: of.created_at, answered_at: of.created_at, version: '9.8.7', databases: of.query_metadata.reports,
    flow: { reported: 200, identified: 20, removed_by_filters: 2, removed_as_duplicates: 3, unreadable: 0, to_screen: 15 },
  };
}

beforeEach(() => {
  stream.close();
  FakeSocket.all = [];
  saved.length = 0;
  vi.stubGlobal('WebSocket', FakeSocket);
  server.use(
    answer('get', '/api/v1/sources', sources()),
    answer('get', '/api/v1/history/tags', { tags: [] }),
    answer('get', '/api/v1/history', { entries: [LATER, entry(9, { query: 'graphene oxide' }), EARLIER] }),
    answer('get', '/api/v1/history/{id}', LATER),
    answer('get', '/api/v1/searches/{id}/record', record(LATER)),
    respond('get', '/api/v1/searches/{id}', ({ params }) =>
      HttpResponse.json(
        params.id === LATER.id
          ? kept(LATER, [work('New work'), work('Stays', { is_retracted: true, url: 'javascript:alert(1)' })])
          : kept(entry(1, {}, { reports: [report('arxiv'), report('pubmed', { state: 'failed' })] }), [work('Stays'), work('Old work')]),
      ),
    ),
  );
});

const section = (name: string | RegExp) => screen.findByRole('region', { name });

describe('a search of the history', () => {
  it('has its facts, its first works and a link to all of them', async () => {
    await open(`/history/${LATER.id}`);
    expect(await screen.findByRole('heading', { level: 1, name: 'graphene' })).toBeInTheDocument();
    const works = await section('15 works found');
    expect(await within(works).findByRole('link', { name: 'New work' })).toHaveAttribute('href', 'https://example.org/1');
    expect(within(works).queryByRole('link', { name: 'Stays' })).not.toBeInTheDocument();
    expect(within(works).getByRole('link', { name: 'See all of them in the search' }).getAttribute('href')).toContain(`id=${LATER.id}`);
  });

  it('tells what has changed since the last run of the same question', async () => {
    await open(`/history/${LATER.id}`);
    const changes = await section('What has changed');
    const part = async (name: string) => within(changes).findByRole('region', { name });
    expect(await part('New')).toHaveTextContent('New work');
    expect(await part('Gone')).toHaveTextContent('Old work');
    expect(await part('Changed in place')).toHaveTextContent('retraction');
    await waitFor(() => expect(changes).toHaveTextContent('No answer that time from PubMed'));
    expect(changes).toHaveTextContent('1 new1 gone1 changed in place0 as before');
    // The other question that has the same word is not one of its runs.
    expect(within(changes).getAllByRole('option')).toHaveLength(1);
  });

  it('lays it beside the run that somebody chooses, and keeps that in the address', async () => {
    const third = entry(3);
    server.use(answer('get', '/api/v1/history', { entries: [third, LATER, EARLIER] }));
    const { user, router } = await open(`/history/${LATER.id}`);
    await user.selectOptions(await screen.findByLabelText('Compare with the search of'), third.id);
    await waitFor(() => expect(router.state.location.search).toEqual({ compare: third.id }));
    expect(await screen.findByLabelText('Compare with the search of')).toHaveValue(third.id);
  });

  it('asks anew when there is nothing to compare with', async () => {
    const again = entry(7);
    server.use(
      answer('get', '/api/v1/history', { entries: [LATER] }),
      answer('post', '/api/v1/searches', kept(again, [])),
    );
    const { user, router } = await open(`/history/${LATER.id}`);
    const changes = await section('What has changed');
    await user.click(await within(changes).findByRole('button', { name: 'Ask anew and compare' }));
    await waitFor(() => expect(router.state.location.pathname).toBe(`/history/${again.id}`));
    expect(router.state.location.search).toEqual({ compare: LATER.id });
  });

  it('has the PRISMA record as a picture with words for those who do not see it, and as a table', async () => {
    await open(`/history/${LATER.id}`);
    const picture = await screen.findByRole('img', { name: /20 records were identified.*3 duplicates and 2 by conditions.*15 works are left/ });
    expect(picture).toHaveTextContent('Works to screen (n = 15)');
    await waitFor(() => expect(picture).toHaveTextContent('arXiv (n = 10)'));
    expect(await screen.findByText('PAKE 9.8.7')).toBeInTheDocument();
    const table = screen.getByRole('table', { name: 'The numbers of the diagram' });
    expect(within(table).getByRole('row', { name: 'Removed: duplicates 3' })).toBeInTheDocument();
  });

  it('gives the picture as a file that stands for itself', async () => {
    const { user } = await open(`/history/${LATER.id}`);
    await screen.findByText('PAKE 9.8.7');
    await user.click(await screen.findByRole('button', { name: 'Download as SVG' }));
    expect(saved[0]?.name).toBe('pake-prisma-2026-01-02-graphene.svg');
    const svg = new DOMParser().parseFromString(await saved[0]!.blob.text(), 'image/svg+xml').documentElement;
    expect(svg.nodeName).toBe('svg');
    expect(svg.getAttribute('color')).toBe('#1c2126');
    expect(svg.querySelectorAll('[class], [style], style, script')).toHaveLength(0);
    expect(svg.textContent).toContain('Identification');
    const print = vi.fn();
    vi.stubGlobal('print', print);
    await user.click(screen.getByRole('button', { name: 'Print' }));
    expect(print).toHaveBeenCalledOnce();
  });

  it('has the record still when the answer is not kept any more', async () => {
    const old = entry(2, {}, { has_answer: false, reports: [report('arxiv', { malformed: 4 })] });
    server.use(answer('get', '/api/v1/history/{id}', old), answer('get', '/api/v1/history', { entries: [old] }));
    await open(`/history/${old.id}`);
    expect(await section('15 works found')).toHaveTextContent('not kept any more');
    expect(await section('What has changed')).toHaveTextContent('not kept any more');
    expect(screen.getByRole('img')).toHaveTextContent('not counted (n = 4)');
    expect(screen.queryByRole('button', { name: 'Export the works' })).not.toBeInTheDocument();
  });

  it('says of each source how it ended, why, and how it was asked', async () => {
    const reports = [
      report('arxiv', { filters: [{ clause: 'graphene', applied: 'source' }, { clause: 'open:true', applied: 'local' }], warnings: ['slow'] }),
      report('pubmed', { state: 'failed', retrieved: 0, reported: null, error: { code: 'timeout', after_ms: 8_000 } }),
      report('openalex', { state: 'skipped', query: '', error: { code: 'circuit_open', reason: '503', retry_at: '2126-01-01T00:00:00Z' } }),
      report('crossref', { state: 'stale', cached_at: '2026-01-01T00:00:00Z', error: { code: 'too_large', limit_bytes: 1_000_000 } }),
    ];
    server.use(answer('get', '/api/v1/searches/{id}/record', { ...record(LATER), databases: reports }));
    await open(`/history/${LATER.id}`);
    const row = (name: RegExp) => screen.findByRole('row', { name });
    expect(await row(/arXiv Answered/)).toHaveTextContent('Applied by the source: grapheneApplied by PAKE: open:trueIt warns: slow');
    expect(await row(/PubMed Failed/)).toHaveTextContent('No answer in time (8 sec)');
    expect(await row(/openalex Not asked/)).toHaveTextContent('It failed too often just before: 503 It may be asked again in');
    expect(await row(/crossref Older answer/)).toHaveTextContent('Its answer is too large (1 MB)');
    expect(screen.getByRole('img')).toHaveTextContent('PubMed (no answer)');
  });

  it('exports its works, and goes back to the list when it is deleted', async () => {
    server.use(
      respond('get', '/api/v1/searches/{id}/export', ({ request }) =>
        HttpResponse.text('@article', { headers: { 'content-disposition': `attachment; filename="w.${new URL(request.url).searchParams.get('format')}"` } })),
      done('delete', '/api/v1/history/{id}'),
    );
    const { user, router } = await open(`/history/${LATER.id}`);
    for (const item of ['BibTeX', 'RIS', 'CSL-JSON', 'CSV, for a spreadsheet']) {
      await user.click(await screen.findByRole('button', { name: 'Export the works' }));
      const before = saved.length;
      await user.click(await screen.findByRole('menuitem', { name: item }));
      await waitFor(() => expect(saved).toHaveLength(before + 1));
      await waitFor(() => expect(screen.getByRole('button', { name: 'Export the works' })).toBeEnabled());
    }
    expect(saved.map(({ name }) => name)).toEqual(['w.bibtex', 'w.ris', 'w.csl-json', 'w.csv']);
    await user.click(screen.getByRole('button', { name: 'Delete …' }));
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Delete' }));
    await waitFor(() => expect(router.state.location.pathname).toBe('/history'));
  });

  it('follows what happens to it elsewhere', async () => {
    await open(`/history/${LATER.id}`);
    await screen.findByRole('heading', { level: 1, name: 'graphene' });
    FakeSocket.last.accept();
    server.use(answer('get', '/api/v1/history/{id}', entry(2, { tags: ['from another tab'] })));
    FakeSocket.last.tell({ type: 'search_history_updated', data: { action: 'changed', count: 1, search_ids: [LATER.id] } });
    expect(await screen.findByRole('link', { name: 'from another tab' })).toBeInTheDocument();
  });

  it('says that there is no such search, and what the server says when it cannot tell', async () => {
    server.use(refuse('get', '/api/v1/history/{id}', 404));
    const first = await open(`/history/${idOf(5)}`);
    expect(await screen.findByText('There is no such search')).toBeInTheDocument();
    first.unmount();
    server.use(refuse('get', '/api/v1/history/{id}', 503, { detail: 'The database is away.' }));
    await open(`/history/${idOf(6)}`);
    expect(await screen.findByRole('alert')).toHaveTextContent('The database is away.');
  });
});
