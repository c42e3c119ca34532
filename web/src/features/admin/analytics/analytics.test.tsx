import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import type { Schema } from '@/lib/api';
import { open } from '@/testing/render';
import { answer, refuse, respond, server } from '@/testing/server';

import { everyDay } from './days';

const day = (date: string, change: Partial<Schema<'UsageDay'>> = {}): Schema<'UsageDay'> => ({ day: date, searches: 8, active_users: 4, requests: { by_session: 30, by_token: 7 }, success_rate: 0.5, latency_ms: { p50: 400, p95: 900, p99: 1200 }, ...change });

function usage(change: Partial<Schema<'Usage'>> = {}): Schema<'Usage'> {
  return {
    since: '2026-11-25T00:00:00Z', tenant_id: null, searches: 16, active_users: 5, active_tokens: 2, success_rate: 0.5, cache_hit_rate: null, latency_ms: { p50: 400, p95: 900, p99: 1200 },
    popular_sources: [{ source: 'arxiv', searches: 9 }], features: { 'auth.sign_in': 3, 'requests.read': 86 }, requests: { by_session: 60, by_token: 14 }, days: [day('2026-11-25')], ...change,
  };
}

// The charts go on until today.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-26T12:00:00Z') });
  return () => vi.useRealTimers();
});

describe('how PAKE is used', () => {
  it('is told in numbers, in charts with what they show in words, and in tables behind them', async () => {
    server.use(answer('get', '/api/v1/admin/system/analytics', usage()), answer('get', '/api/v1/sources', { sources: [] }));
    const { user } = await open('/admin/analytics');
    expect(await screen.findByRole('listitem', { name: 'API tokens in use' })).toHaveTextContent('2');
    expect(screen.getByRole('listitem', { name: 'From the cache' })).toHaveTextContent('–');
    expect(screen.getByRole('img', { name: /^Searches and people\. Searches: between 0 and 8\. People who searched: between 0 and 4/ })).toBeInTheDocument();
    expect(screen.getByRole('img', { name: /From the cache: nothing/ })).toBeInTheDocument();
    const latency = within(screen.getByRole('region', { name: 'How long searches took' }));
    await user.click(latency.getByRole('button', { name: 'As a table' }));
    expect(screen.getByRole('row', { name: 'Nov 25 400 ms 900 ms 1.2 sec' })).toBeInTheDocument();
    await user.click(latency.getByRole('button', { name: 'As a chart' }));
    expect(screen.queryByRole('row', { name: /400 ms/ })).not.toBeInTheDocument();
    expect(screen.getAllByRole('row').map((row) => row.textContent)).toEqual(['SourceSearches', 'arxiv9', 'WhatTimes', 'requests.read86', 'auth.sign_in3']);
  });

  it('is told for the days that stand in the address', async () => {
    const asked: string[] = [];
    server.use(
      answer('get', '/api/v1/sources', { sources: [] }),
      respond('get', '/api/v1/admin/system/analytics', ({ request }) => {
        asked.push(new URL(request.url).search);
        return HttpResponse.json(usage({ days: [] }));
      }),
    );
    const { user } = await open('/admin/analytics?days=nonsense');
    expect(await screen.findByText('Nothing was used in this time')).toBeInTheDocument();
    await user.selectOptions(screen.getByLabelText('Period'), 'The last 90 days');
    await waitFor(() => expect(asked).toEqual(['?days=30', '?days=90']));
  });

  it('says so when it does not come', async () => {
    server.use(refuse('get', '/api/v1/admin/system/analytics', 503, { title: 'Away' }), answer('get', '/api/v1/sources', { sources: [] }));
    await open('/admin/analytics');
    expect(await screen.findByRole('alert')).toHaveTextContent('Away');
  });

  it('has every day, also those on which nothing happened', () => {
    const days = everyDay([day('2026-11-25')], '2026-11-24T00:00:00Z', new Date('2026-11-26T01:00:00Z'));
    expect(days.map((each) => [each.day, each.searches])).toEqual([['2026-11-24', 0], ['2026-11-25', 8], ['2026-11-26', 0]]);
  });
});
