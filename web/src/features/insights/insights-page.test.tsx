import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import type { Schema } from '@/lib/api';
import { stream } from '@/lib/stream';
import { entry, report, sources } from '@/testing/history';
import { open } from '@/testing/render';
import { answer, refuse, respond, server } from '@/testing/server';
import { FakeSocket } from '@/testing/socket';

const ANALYTICS = '/api/v1/history/analytics';

function numbers(more: Partial<Schema<'Analytics'>> = {}): Schema<'Analytics'> {
  return {
    total_searches: 1_234, unique_queries: 56, avg_execution_time: 1_500, cache_hit_rate: 0.25,
    top_sources: [{ source: 'arxiv', count: 1_000 }, { source: 'pubmed', count: 7 }],
    popular_queries: [{ query: 'graphene', count: 9, last_asked: '2026-01-02T12:00:00Z' }],
    search_frequency: [{ day: new Date().toISOString().slice(0, 10), count: 12 }],
    quality_distribution: { high: 0, medium: 0, low: 0, unrated: 1_234 },
    ...more,
  };
}

beforeEach(() => {
  stream.close();
  FakeSocket.all = [];
  vi.stubGlobal('WebSocket', FakeSocket);
  server.use(
    answer('get', ANALYTICS, numbers()),
    answer('get', '/api/v1/history/popular', { queries: [] }),
    answer('get', '/api/v1/history', { entries: [entry(1, {}, { reports: [report('arxiv'), report('pubmed', { state: 'failed' })] })] }),
    answer('get', '/api/v1/sources', sources()),
  );
});

describe('the insights', () => {
  it('show the numbers of the period, in the language that was chosen', async () => {
    await open('/insights');
    expect(await screen.findByText('1,234')).toBeInTheDocument();
    expect(screen.getByText('1.5 sec')).toBeInTheDocument();
    expect(screen.getByText('25%')).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'graphene' })).toHaveAttribute('href', '/history?q=graphene');
    expect(screen.getByRole('radio', { name: '30 days' })).toBeChecked();
  });

  it('say in words what each chart shows, and have a table behind it', async () => {
    const { user } = await open('/insights');
    expect(await screen.findByRole('img', { name: /1,234 searches. The most on .*: 12/ })).toBeInTheDocument();
    const chart = screen.getByRole('region', { name: 'Searches a day' });
    await user.click(within(chart).getByRole('button', { name: 'As a table' }));
    expect(within(chart).getByRole('row', { name: /12$/ })).toBeInTheDocument();
    await user.click(within(chart).getByRole('button', { name: 'As a chart' }));
    expect(within(chart).getByRole('img')).toBeInTheDocument();
    const waits = screen.getByRole('region', { name: 'How long you waited' });
    await user.click(within(waits).getByRole('button', { name: 'As a table' }));
    expect(within(waits).getByRole('row', { name: /^1–3s/ })).toBeInTheDocument();
    // Where the bars are rows, they are the table.
    for (const [name, row] of [['How often they answered', 'arXiv 1 100% 240 ms 10'], ['Sources you ask', 'arXiv 1,000']] as const) {
      expect(within(screen.getByRole('region', { name })).getByRole('row', { name: row })).toBeInTheDocument();
    }
    expect(screen.queryByText('How answers were judged')).not.toBeInTheDocument();
  });

  it('ask for the period that is chosen, and keep it in the address', async () => {
    const asked: (string | null)[] = [];
    server.use(respond('get', ANALYTICS, ({ request }) => {
      asked.push(new URL(request.url).searchParams.get('days'));
      return HttpResponse.json(numbers());
    }));
    const { user, router } = await open('/insights?days=7');
    await user.click(await screen.findByRole('radio', { name: 'All' }));
    await waitFor(() => expect(router.state.location.href).toBe('/insights?days=36500'));
    await waitFor(() => expect(asked).toEqual(['7', '36500']));
    expect(await screen.findByRole('region', { name: 'Searches a day' })).toBeInTheDocument();
  });

  it('show what others ask and how answers were judged, where there is something to show', async () => {
    server.use(
      answer('get', '/api/v1/history/popular', { queries: [{ query: 'what others ask', count: 3, last_asked: '2026-01-02T12:00:00Z' }] }),
      answer('get', ANALYTICS, numbers({ quality_distribution: { high: 1, medium: 2, low: 3, unrated: 4 }, avg_execution_time: null, cache_hit_rate: null })),
    );
    await open('/insights');
    expect(await screen.findByRole('link', { name: 'what others ask' })).toHaveAttribute('href', '/?q=what+others+ask');
    expect(screen.getByRole('row', { name: 'High 1' })).toBeInTheDocument();
    expect(screen.getByRole('row', { name: 'Not judged 4' })).toBeInTheDocument();
  });

  it('say what to do when there is nothing to count, and count what is new as it comes', async () => {
    server.use(answer('get', ANALYTICS, numbers({ total_searches: 0 })));
    await open('/insights');
    expect(await screen.findByText('Nothing to count yet')).toBeInTheDocument();
    server.use(answer('get', ANALYTICS, numbers({ total_searches: 1 })));
    FakeSocket.last.accept();
    FakeSocket.last.tell({ type: 'search_history_updated', data: { action: 'recorded', count: 1, search_ids: [] } });
    expect(await screen.findByText('Different questions')).toBeInTheDocument();
  });

  it('show what they have when a part fails', async () => {
    server.use(refuse('get', '/api/v1/history', 503, { detail: 'The database is away.' }));
    const first = await open('/insights');
    expect(await screen.findByText('1,234')).toBeInTheDocument();
    expect(await screen.findByRole('alert')).toHaveTextContent('The database is away.');
    first.unmount();
    server.use(refuse('get', ANALYTICS, 400, { detail: 'No such period.' }));
    await open('/insights');
    expect(await screen.findByRole('alert')).toHaveTextContent('No such period.');
  });
});
