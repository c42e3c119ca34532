import { screen, within } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { beforeEach, expect, it, vi } from 'vitest';

import type { Schema } from '@/lib/api';
import { me } from '@/testing/people';
import { open } from '@/testing/render';
import { answer, refuse, respond, server } from '@/testing/server';

const health = { state: 'closed' as const, requests: 0, failures: 0, waiting: 0, spent_today_usd: 0 };
const source = (id: Schema<'SourceId'>, label: string, availability: Schema<'Availability'>) => ({ id, label, description: 'works', terms_url: '', availability, fresh_seconds: 1, stale_seconds: 1, health });
const setting = (name: string, value: unknown) => ({ setting: name, value: value as never, origin: 'default' });
const adjustable = (name: string, more: Partial<Schema<'AdjustableSetting'>> = {}) => ({ setting: name, value: null, is_set: false, is_secret: name.endsWith('.key'), origin: 'default' as const, ...more });
const report = (state: string, more: object) =>
  HttpResponse.json({ id: 'x', sources: [{ source: 'arxiv', state, query: '', filters: [], asked_at: '2026-11-26T00:00:00Z', retrieved: 1, filtered: 0, malformed: 0, took_ms: 240, ...more }] });

beforeEach(() => {
  server.use(
    answer('get', '/api/v1/admin/config', { settings: [setting('mail.kind', 'log'), setting('server.base_url', 'https://pake.example.org')] }),
    answer('get', '/api/v1/admin/settings', {
      settings: [
        adjustable('search.contact'),
        ...['arxiv', 'brave', 'github', 'feeds', 'searxng'].map((id) => adjustable(`sources.${id}.enabled`)),
        adjustable('sources.brave.key'),
        adjustable('sources.github.key', { is_set: true, origin: 'configured' }),
        adjustable('sources.feeds.urls'),
      ],
    }),
    answer('get', '/api/v1/sources', { sources: [source('arxiv', 'arXiv', 'ready'), source('brave', 'Brave', 'needs_key'), source('github', 'GitHub', 'off'), source('feeds', 'Feeds', 'needs_urls'), source('searxng', 'SearXNG', 'needs_base_url')] }),
  );
});

/** The server takes what is sent; gives what that was. */
function taken(settings: Schema<'AdjustableSetting'>[] = []) {
  const sent: unknown[] = [];
  server.use(
    respond('patch', '/api/v1/admin/settings', async ({ request }) => {
      sent.push(((await request.json()) as { settings: unknown }).settings);
      return HttpResponse.json({ settings });
    }),
  );
  return sent;
}

it('shows what holds, and the lines for what is set elsewhere', async () => {
  await open('/welcome');
  expect(await screen.findByText('Signed in as ada')).toBeInTheDocument();
  expect(await screen.findByText('https://pake.example.org')).toBeInTheDocument();
  expect(screen.getByText(/kind = "smtp"/)).toBeInTheDocument();
  expect(await screen.findByText('1 of 5 is asked')).toBeInTheDocument();
  expect(screen.getByText(/\[sources\.searxng\]\s+base_url = /)).toBeInTheDocument();
});

it('sets the contact address', async () => {
  const sent = taken([adjustable('search.contact', { value: 'ada@example.org', is_set: true, origin: 'adjusted' })]);
  const { user } = await open('/welcome');
  const save = await screen.findByRole('button', { name: 'Save: Your address' });
  expect(save).toBeDisabled();
  await user.type(screen.getByLabelText('Your address'), 'ada@example.org');
  server.use(answer('get', '/api/v1/admin/settings', { settings: [adjustable('search.contact', { value: 'ada@example.org', is_set: true, origin: 'adjusted' })] }));
  await user.click(save);
  expect(await screen.findByText('ada@example.org')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Remove: Your address' }));
  await vi.waitFor(() => expect(sent).toEqual([{ 'search.contact': 'ada@example.org' }, { 'search.contact': null }]));
});

it('says beside the field what is wrong with it', async () => {
  server.use(refuse('patch', '/api/v1/admin/settings', 400, { detail: 'search.contact: must be an e-mail address', details: { parameter: 'search.contact' } }));
  const { user } = await open('/welcome');
  await user.type(await screen.findByLabelText('Your address'), 'ada{Enter}');
  expect(await screen.findByText('Must be an e-mail address.')).toBeInTheDocument();
  expect(screen.getByLabelText('Your address')).toHaveValue('ada');
});

it('gives a source its key, switches one off, and names feeds', async () => {
  const sent = taken();
  const { user } = await open('/welcome');
  await user.type(await screen.findByLabelText('Key for Brave'), 's3cr3t{Enter}');
  await user.click(screen.getByRole('switch', { name: 'Ask arXiv' }));
  await user.type(screen.getByLabelText('Addresses of feeds'), 'https://a.example/1{Enter}https://a.example/2');
  await user.click(screen.getByRole('button', { name: 'Save: Addresses of feeds' }));
  await vi.waitFor(() => expect(sent).toEqual([{ 'sources.brave.key': 's3cr3t' }, { 'sources.arxiv.enabled': false }, { 'sources.feeds.urls': ['https://a.example/1', 'https://a.example/2'] }]));
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
  server.use(refuse('get', '/api/v1/auth/me', 401), refuse('get', '/api/v1/admin/config', 403), refuse('get', '/api/v1/admin/settings', 403), refuse('get', '/api/v1/sources', 401));
  await open('/welcome');
  expect(await screen.findByText('Sign in first.')).toBeInTheDocument();
  expect(await screen.findAllByText('Hidden')).toHaveLength(2);
  expect(screen.getByRole('link', { name: 'Sign in' })).toHaveAttribute('href', '/sign-in?back=%2Fwelcome');
});
