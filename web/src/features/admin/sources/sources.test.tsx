import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';

import type { Schema } from '@/lib/api';
import { open } from '@/testing/render';
import { answer, refuse, server } from '@/testing/server';

type Source = Schema<'SourceState'>;

function source(id: Source['id'], label: string, health: Partial<Source['health']>, change: Partial<Source> = {}): Source {
  return { id, label, description: 'papers', availability: 'ready', fresh_seconds: 1, stale_seconds: 1, health: { state: 'closed', requests: 1200, failures: 3, waiting: 0, spent_today_usd: 0, ...health }, ...change };
}

it('tells of each source whether it is asked, why not, when again, how fast and at what cost', async () => {
  server.use(
    answer('get', '/api/v1/sources', {
      sources: [
        source('arxiv', 'arXiv', { latency_p50_ms: 240, latency_p95_ms: 1300, rate_limit: 0.333 }, { terms_url: 'https://info.arxiv.org/' }),
        source('pubmed', 'PubMed', { state: 'open', reason: 'it failed five times', next_attempt: '2999-01-01T00:00:00Z' }),
        source('brave', 'Brave', { state: 'limited', reason: 'the budget of the day is spent', spent_today_usd: 0.5, daily_budget_usd: 0.5 }),
        source('openalex', 'OpenAlex', { state: 'half_open', daily_budget_usd: 0 }),
        source('github', 'GitHub', {}, { availability: 'needs_key', hint: 'set sources.github.key' }),
      ],
    }),
  );
  await open('/admin/sources');
  expect(await screen.findByRole('row', { name: /arXiv/ })).toHaveTextContent('asked1,2003240 ms1.3 sec0.33/s0free of charge');
  expect(screen.getByRole('link', { name: 'arXiv' })).toHaveAttribute('href', 'https://info.arxiv.org/');
  expect(screen.getByRole('row', { name: /PubMed/ })).toHaveTextContent(/left aloneit failed five timesnext attempt in \d+ years/);
  expect(screen.getByRole('row', { name: /Brave/ })).toHaveTextContent('limitedthe budget of the day is spent');
  expect(screen.getByRole('row', { name: /Brave/ })).toHaveTextContent('$0.50 of $0.50');
  expect(screen.getByRole('row', { name: /OpenAlex/ })).toHaveTextContent('being tried');
  expect(screen.getByRole('row', { name: /GitHub/ })).toHaveTextContent('needs a keyset sources.github.key');
});

it('says so when the sources do not come', async () => {
  server.use(refuse('get', '/api/v1/sources', 503, { title: 'Away' }));
  await open('/admin/sources');
  expect(await screen.findByRole('alert')).toHaveTextContent('Away');
});
