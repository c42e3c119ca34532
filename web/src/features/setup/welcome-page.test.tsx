import { screen, within } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { beforeEach, expect, it } from 'vitest';

import type { Schema } from '@/lib/api';
import { me } from '@/testing/people';
import { open } from '@/testing/render';
import { answer, refuse, respond, server } from '@/testing/server';

const health = { state: 'closed' as const, requests: 0, failures: 0, waiting: 0, spent_today_usd: 0 };
const source = (id: Schema<'SourceId'>, label: string, availability: Schema<'Availability'>) => ({ id, label, description: 'works', terms_url: '', availability, fresh_seconds: 1, stale_seconds: 1, health });
const setting = (name: string, value: unknown) => ({ setting: name, value: value as never, origin: 'default' });
const report = (state: string, more: object) =>
  HttpResponse.json({ id: 'x', sources: [{ source: 'arxiv', state, query: '', filters: [], asked_at: '2026-11-26T00:00:00Z', retrieved: 1, filtered: 0, malformed: 0, took_ms: 240, ...more }] });

beforeEach(() => {
  server.use(
    answer('get', '/api/v1/admin/config', { settings: [setting('mail.kind', 'log'), setting('server.base_url', 'https://pake.example.org')] }),
    answer('get', '/api/v1/sources', { sources: [source('arxiv', 'arXiv', 'ready'), source('brave', 'Brave', 'needs_key'), source('github', 'GitHub', 'off'), source('feeds', 'Feeds', 'needs_urls'), source('searxng', 'SearXNG', 'needs_base_url')] }),
  );
});

it('shows what holds, and the lines for what is missing', async () => {
  const { user } = await open('/welcome');
  expect(await screen.findByText('Signed in as ada')).toBeInTheDocument();
  expect(await screen.findByText('https://pake.example.org')).toBeInTheDocument();
  await user.type(screen.getByLabelText('Your address'), 'a"b@example.org');
  expect(screen.getByText(/contact = "a\\"b@example\.org"/)).toBeInTheDocument();
  expect(screen.getByText(/kind = "smtp"/)).toBeInTheDocument();
  expect(await screen.findByText('1 of 5 is asked')).toBeInTheDocument();
  expect(screen.getByText(/\[sources\.brave\]\s+key = /)).toBeInTheDocument();
  expect(screen.getByText(/\[sources\.github\]\s+enabled = true/)).toBeInTheDocument();
});

it('tests a source, and says how it went', async () => {
  let asked: unknown;
  server.use(
    respond('post', '/api/v1/searches', async ({ request }) => {
      asked = await request.json();
      return report('answered', { reported: 1234 });
    }),
  );
  const { user } = await open('/welcome');
  const test = await screen.findByRole('button', { name: 'Test arXiv' });
  await user.click(test);
  expect(await screen.findByText(/Answers: 1234 works in 240/)).toBeInTheDocument();
  expect(asked).toMatchObject({ sources: ['arxiv'], anonymous: true, refresh: true });
  server.use(respond('post', '/api/v1/searches', () => report('failed', { error: { code: 'refused', status: 401, message: 'the key is wrong' } })));
  await user.click(test);
  expect(await screen.findByText('Does not answer: the key is wrong')).toBeInTheDocument();
  server.use(respond('post', '/api/v1/searches', () => report('failed', { error: { code: 'rate_limited', retry_at: '2026-11-26T00:00:00Z' } })));
  await user.click(test);
  expect(await screen.findByText('Does not answer: rate limited')).toBeInTheDocument();
  server.use(respond('post', '/api/v1/searches', () => HttpResponse.json({ id: 'x', status: 'running' }, { status: 202 })));
  await user.click(test);
  expect(await screen.findByText('No answer within 20 seconds')).toBeInTheDocument();
  server.use(refuse('post', '/api/v1/searches', 401, { error: 'unauthenticated' }));
  await user.click(test);
  expect(await screen.findByText('Sign in first.')).toBeInTheDocument();
});

it('says how the first account is made, where nobody has one', async () => {
  server.use(answer('get', '/api/v1/auth/me', { ...me(), session_id: null }));
  const { user } = await open('/welcome');
  await screen.findByText('Nobody has one');
  const step = screen.getByRole('listitem', { name: 'Your account' });
  await user.click(within(step).getByRole('button', { name: 'Copy the command' }));
  expect(await navigator.clipboard.readText()).toBe('pake user add ada --generate');
});

it('shows the settings to nobody who does not operate PAKE', async () => {
  server.use(refuse('get', '/api/v1/auth/me', 401), refuse('get', '/api/v1/admin/config', 403), refuse('get', '/api/v1/sources', 401));
  await open('/welcome');
  expect(await screen.findByText('Sign in first.')).toBeInTheDocument();
  expect(await screen.findAllByText('Hidden')).toHaveLength(2);
  expect(screen.getByRole('link', { name: 'Sign in' })).toHaveAttribute('href', '/sign-in?back=%2Fwelcome');
});
