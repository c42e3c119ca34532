import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { stream } from '@/lib/stream';
import { entry, idOf, sources } from '@/testing/history';
import { me } from '@/testing/people';
import { open } from '@/testing/render';
import { answer, done, refuse, respond, server } from '@/testing/server';
import { FakeSocket } from '@/testing/socket';

const LIST = '/api/v1/history';
const saved = vi.hoisted(() => [] as string[]);
vi.mock('@/lib/save-file', () => ({ saveFile: ({ name }: { name: string }) => saved.push(name) }));

beforeEach(() => {
  stream.close();
  FakeSocket.all = [];
  saved.length = 0;
  vi.stubGlobal('WebSocket', FakeSocket);
  server.use(
    answer('get', LIST, { entries: [entry(2, { query: 'base editing', tags: ['thesis'] }), entry(1)] }),
    answer('get', '/api/v1/history/tags', { tags: [{ tag: 'thesis', count: 1 }] }),
    answer('get', '/api/v1/sources', sources()),
  );
});

const rows = () => screen.findAllByRole('article');
async function menu(user: Awaited<ReturnType<typeof open>>['user'], item: string) {
  await user.click(await screen.findByRole('button', { name: 'What to do with “graphene”' }));
  await user.click(await screen.findByRole('menuitem', { name: item }));
}

describe('the history', () => {
  it('lists the searches with what is worth knowing of each', async () => {
    server.use(
      answer('get', LIST, {
        entries: [
          entry(3, { query: 'half', quality_score: 0.8 }, { status: 'partial', reports: [{ ...entry(1).query_metadata.reports[0]!, state: 'failed' }] }),
          entry(2, { query: 'kept', cache_hit: true, times_asked: 4 }),
          entry(1, { query: 'gone wrong' }, { status: 'failed' }),
        ],
      }),
    );
    await open('/history');
    const [half, keptOne, failed] = await rows();
    expect(half).toHaveTextContent('1 source gave no answer');
    expect(half).toHaveTextContent('quality 80%');
    await waitFor(() => expect(half).toHaveTextContent('arXiv and PubMed'));
    expect(keptOne).toHaveTextContent('asked 4 times15 workskept answer');
    expect(failed).toHaveTextContent('Failed');
    expect(screen.getByRole('link', { name: 'gone wrong' })).toHaveAttribute('href', `/history/${idOf(1)}`);
  });

  it('asks for what the filters say, and keeps them in the address', async () => {
    const asked: string[] = [];
    server.use(respond('get', LIST, ({ request }) => {
      asked.push(new URL(request.url).search);
      return HttpResponse.json({ entries: [] });
    }));
    const { user, router } = await open('/history?tag=lost');
    await user.type(screen.getByRole('searchbox', { name: 'Words of the question' }), 'gene');
    await user.click(screen.getByRole('button', { name: 'Favourites' }));
    await user.selectOptions(screen.getByLabelText('Order'), 'popular');
    await user.selectOptions(screen.getByLabelText('Outcome'), 'partial');
    await user.selectOptions(await screen.findByLabelText('Source'), await screen.findByRole('option', { name: 'arXiv' }));
    await user.type(screen.getByLabelText('Quality from, %'), '5');
    await waitFor(() => expect(router.state.location.search).toEqual({
      q: 'gene', favorites: '1', view: 'popular', status: 'partial', source: 'arxiv', tag: 'lost', minQuality: '5',
    }));
    await waitFor(() => expect(new URLSearchParams(asked.at(-1)).get('q')).toBe('gene'));
    expect(asked.at(-1)).toContain('favorites=true');
    expect(screen.getByRole('option', { name: 'lost (0)' })).toBeInTheDocument();
    expect(await screen.findByText('No search is like that')).toBeInTheDocument();
    await user.click(screen.getAllByRole('button', { name: 'Clear the filters' })[0]!);
    await waitFor(() => expect(router.state.location.search).toEqual({ view: 'popular' }));
    expect(screen.getByRole('searchbox')).toHaveValue('');
  });

  it('says what to do when nothing was asked yet, and what went wrong when it cannot be listed', async () => {
    server.use(answer('get', LIST, { entries: [] }));
    const first = await open('/history');
    expect(await screen.findByText('Nothing was asked yet')).toBeInTheDocument();
    first.unmount();
    server.use(refuse('get', LIST, 503, { title: 'Away', detail: 'The database is away.' }));
    const { user } = await open('/history');
    expect(await screen.findByRole('alert')).toHaveTextContent('The database is away.');
    server.use(answer('get', LIST, { entries: [entry(1)] }));
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await rows()).toHaveLength(1);
  });

  it('brings the next page when the end comes near', async () => {
    server.use(respond('get', LIST, ({ request }) => {
      const after = new URL(request.url).searchParams.get('after');
      return HttpResponse.json(after === null ? { entries: [entry(9, { query: 'first page' })], next: 'here' } : { entries: [entry(8, { query: `after ${after}` })] });
    }));
    await open('/history');
    expect(await screen.findByRole('article', { name: 'after here' })).toBeInTheDocument();
    expect(screen.getByRole('article', { name: 'first page' })).toBeInTheDocument();
  });

  it('makes a favourite at once, and takes it back when the server refuses', async () => {
    const { user } = await open('/history');
    const star = await screen.findByRole('button', { name: 'Favourite: graphene' });
    server.use(answer('put', '/api/v1/history/{id}/favorite', entry(1, { is_favorite: true })));
    await user.click(star);
    expect(star).toHaveAttribute('aria-pressed', 'true');
    server.use(refuse('put', '/api/v1/history/{id}/favorite', 404, { detail: 'There is no such search.' }));
    await user.click(star);
    expect(await screen.findByText('There is no such search.')).toBeInTheDocument();
    expect(star).toHaveAttribute('aria-pressed', 'true');
  });

  it('adds tags and takes them away', async () => {
    const given: unknown[] = [];
    server.use(respond('put', '/api/v1/history/{id}/tags', async ({ request }) => {
      const { tags } = (await request.json()) as { tags: string[] };
      given.push(tags);
      return HttpResponse.json(entry(1, { tags }));
    }));
    const { user } = await open('/history');
    await menu(user, 'Tags …');
    const dialog = await screen.findByRole('dialog', { name: 'Tags of “graphene”' });
    await user.type(within(dialog).getByPlaceholderText('New tag'), ' review {Enter}');
    await user.click(await within(dialog).findByRole('button', { name: 'Take away the tag review' }));
    await waitFor(() => expect(given).toEqual([['review'], []]));
    await user.type(within(dialog).getByPlaceholderText('New tag'), 'th');
    await user.click(await screen.findByRole('option', { name: 'thesis' }));
    await waitFor(() => expect(given.at(-1)).toEqual(['thesis']));
  });

  it('deletes one search and all of them, after asking', async () => {
    server.use(done('delete', '/api/v1/history/{id}'), done('delete', LIST));
    const { user } = await open('/history');
    await menu(user, 'Delete …');
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Delete' }));
    await waitFor(() => expect(screen.queryByRole('article', { name: 'graphene' })).not.toBeInTheDocument());
    await user.click(screen.getByRole('button', { name: 'Delete all …' }));
    server.use(answer('get', LIST, { entries: [] }));
    await user.click(within(await screen.findByRole('dialog', { name: 'Delete the whole history?' })).getByRole('button', { name: 'Delete all' }));
    expect(await screen.findByText('Nothing was asked yet')).toBeInTheDocument();
    expect(screen.getByText('The history is empty')).toBeInTheDocument();
  });

  it('exports in each format, and says when it cannot', async () => {
    server.use(respond('get', '/api/v1/history/export', ({ request }) => {
      const format = new URL(request.url).searchParams.get('format');
      if (format === 'csv') return HttpResponse.json({ title: 'Full', detail: 'No room.' }, { status: 503 });
      return HttpResponse.text('{}', { headers: { 'content-disposition': `attachment; filename="history.${format}"` } });
    }));
    const { user } = await open('/history');
    for (const item of ['JSON', 'JSON, one entry a line (NDJSON)', 'CSV, for a spreadsheet']) {
      await user.click(screen.getByRole('button', { name: 'Export' }));
      const before = saved.length;
      await user.click(await screen.findByRole('menuitem', { name: item }));
      if (!item.startsWith('CSV')) await waitFor(() => expect(saved).toHaveLength(before + 1));
      await waitFor(() => expect(screen.getByRole('button', { name: 'Export' })).toBeEnabled());
    }
    expect(saved).toEqual(['history.json', 'history.ndjson']);
    expect(await screen.findByText('No room.')).toBeInTheDocument();
  });

  it('asks the sources anew and lays the answer beside the old one', async () => {
    let asked: unknown;
    server.use(respond('post', '/api/v1/searches', async ({ request }) => {
      asked = await request.json();
      return HttpResponse.json({ id: idOf(7), status: 'running', query: 'graphene', started_at: '2026-01-03T12:00:00Z', events: '' }, { status: 202 });
    }));
    const { user, router } = await open('/history');
    await menu(user, 'Ask anew and compare');
    await waitFor(() => expect(router.state.location.pathname).toBe('/'));
    expect(asked).toEqual({ query: 'graphene', sources: ['arxiv', 'pubmed'], refresh: true });
    expect(router.state.location.search).toMatchObject({ q: 'graphene', id: idOf(7) });
  });

  it('shows what is new at once at the top, and asks first when somebody reads further down', async () => {
    const { user } = await open('/history');
    await rows();
    FakeSocket.last.accept();
    const tell = (action: string, query: string) => {
      server.use(answer('get', LIST, { entries: [entry(5, { query }), entry(1)] }));
      FakeSocket.last.tell({ type: 'search_history_updated', data: { action, count: 1, search_ids: [idOf(5)] } });
    };
    tell('recorded', 'just now');
    expect(await screen.findByRole('article', { name: 'just now' })).toBeInTheDocument();
    Object.assign(window, { scrollY: 900 });
    tell('recorded', 'later');
    const button = await screen.findByRole('button', { name: '1 new search, show it' });
    expect(screen.queryByRole('article', { name: 'later' })).not.toBeInTheDocument();
    Object.assign(window, { scrollY: 0 });
    await user.click(button);
    expect(await screen.findByRole('article', { name: 'later' })).toBeInTheDocument();
    tell('changed', 'changed elsewhere');
    expect(await screen.findByRole('article', { name: 'changed elsewhere' })).toBeInTheDocument();
  });

  it('offers nothing that somebody may not do', async () => {
    server.use(answer('get', '/api/v1/auth/me', me(['search:read'])));
    const { user } = await open('/history');
    expect(await screen.findByRole('button', { name: 'Favourite: graphene' })).toBeDisabled();
    expect(screen.queryByRole('button', { name: 'Delete all …' })).not.toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'What to do with “graphene”' }));
    expect(await screen.findByRole('menuitem', { name: 'Search again' })).toBeInTheDocument();
    expect(screen.queryByRole('menuitem', { name: 'Delete …' })).not.toBeInTheDocument();
  });
});
