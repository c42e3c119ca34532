import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { stream } from '@/lib/stream';
import { me, workspaces } from '@/testing/people';
import { open } from '@/testing/render';
import { answer, done, refuse, respond, server } from '@/testing/server';
import { FakeSocket } from '@/testing/socket';

import { deviceOf } from './device';

const ID = '00000000-0000-7000-8000-00000000000d';
const LAB = { id: ID, name: 'Lab', role: 'viewer', joined_at: '1970-01-01T00:00:00Z', is_current: false };
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const session = { id: 'a', is_current: true, method: 'password+totp', ip: '192.0.2.1', user_agent: FIREFOX, created_at: '2026-11-20T00:00:00Z', last_seen_at: '2026-11-26T00:00:00Z', expires_at: '2026-12-20T00:00:00Z' };
const preferences = {
  auto_save_searches: true,
  default_sources: null,
  notification_settings: { email_digest: false, search_alerts: false, weekly_summary: false },
  preferred_result_format: 'detailed',
  privacy_settings: { anonymous_analytics: true, share_popular_searches: false, retention_opt_out: false },
  search_history_retention_days: 365,
  effective_retention_days: 90,
};

/** The server keeps what is set. */
function keepPreferences() {
  const sent: Record<string, unknown>[] = [];
  let kept: typeof preferences = preferences;
  server.use(
    respond('get', '/api/v1/user/preferences', () => HttpResponse.json(kept)),
    respond('put', '/api/v1/user/preferences', async ({ request }) => {
      const body = (await request.json()) as typeof preferences;
      sent.push(body);
      kept = { ...body, effective_retention_days: 90 };
      return HttpResponse.json(kept);
    }),
  );
  return sent;
}

beforeEach(() => {
  vi.stubGlobal('WebSocket', FakeSocket);
  FakeSocket.all = [];
});
afterEach(() => {
  stream.close();
  vi.unstubAllGlobals();
});

describe('the profile', () => {
  it('says who one is and what one may', async () => {
    const { user } = await open('/account/profile');
    await user.click(await screen.findByRole('button', { name: 'Show all 18' }));
    expect(screen.getByText(/search:read, search:write/)).toBeInTheDocument();
  });

  it('goes to another workspace, and asks everything anew there', async () => {
    const all = workspaces().workspaces;
    server.use(
      answer('get', '/api/v1/workspaces', { workspaces: [...all, LAB] }),
      respond('post', '/api/v1/workspaces/{id}/enter', () => {
        server.use(answer('get', '/api/v1/workspaces', { workspaces: [...all.map((each) => ({ ...each, is_current: false })), { ...LAB, is_current: true }] }));
        return HttpResponse.json({ tenant_id: ID, role: 'viewer', permissions: [] });
      }),
    );
    const { user } = await open('/account/profile');
    expect(await screen.findByText('Viewer')).toBeInTheDocument();
    await user.click(await screen.findByRole('button', { name: 'Enter Lab' }));
    expect(await screen.findByRole('button', { name: 'Enter Analytical Engines' })).toBeInTheDocument();
  });

  it('leaves a workspace after a question, and says why not', async () => {
    server.use(answer('get', '/api/v1/workspaces', { workspaces: [...workspaces().workspaces, LAB] }), refuse('post', '/api/v1/workspaces/{id}/leave', 409, { detail: 'you are its last admin' }));
    const { user } = await open('/account/profile');
    await user.click(await screen.findByRole('button', { name: 'Leave Lab' }));
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Leave' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('You are its last admin.');
  });

  it('makes a workspace, where one may', async () => {
    let made: unknown;
    server.use(
      respond('post', '/api/v1/workspaces', async ({ request }) => {
        made = await request.json();
        return HttpResponse.json({ id: ID, name: 'Lab', created_at: '2026-11-26T00:00:00Z', settings: {} }, { status: 201 });
      }),
    );
    const { user } = await open('/account/profile');
    await user.click(await screen.findByRole('button', { name: 'Make a workspace' }));
    await user.type(await screen.findByLabelText('What it is called'), 'Lab{Enter}');
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
    expect(made).toEqual({ name: 'Lab' });
  });

  it('offers nobody to make one who may not', async () => {
    server.use(answer('get', '/api/v1/auth/me', me(['search:read'])));
    await open('/account/profile');
    await screen.findByText('Analytical Engines');
    expect(screen.queryByRole('button', { name: 'Make a workspace' })).not.toBeInTheDocument();
  });
});

describe('sessions', () => {
  it('are told apart, and end one by one or all at once', async () => {
    const others = [
      { ...session, id: 'b', is_current: false, method: 'oidc:example', user_agent: null },
      { ...session, id: 'c', is_current: false, method: 'passkey', user_agent: 'curl/8.0' },
    ];
    const ended: unknown[] = [];
    server.use(
      answer('get', '/api/v1/auth/sessions', { sessions: [session, ...others] }),
      respond('delete', '/api/v1/auth/sessions/{id}', ({ params }) => {
        ended.push(params.id);
        server.use(answer('get', '/api/v1/auth/sessions', { sessions: [session, others[1]!] }));
        return new HttpResponse(null, { status: 204 });
      }),
      answer('delete', '/api/v1/auth/sessions', { ended: 1 }),
    );
    const { user } = await open('/account/sessions');
    expect(await screen.findByText('Firefox on Linux')).toBeInTheDocument();
    expect(screen.getByText('password + app code')).toBeInTheDocument();
    expect(screen.getByText('single sign-on')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'End the session of Unknown program' }));
    await waitFor(() => expect(screen.queryByText('Unknown program')).not.toBeInTheDocument());
    expect(ended).toEqual(['b']);
    server.use(answer('get', '/api/v1/auth/sessions', { sessions: [session] }));
    await user.click(screen.getByRole('button', { name: 'End all others' }));
    const dialog = await screen.findByRole('dialog');
    expect(dialog).toHaveTextContent('1 other browser is signed out at once.');
    await user.click(within(dialog).getByRole('button', { name: 'End all others' }));
    await waitFor(() => expect(screen.queryByText('curl/8.0')).not.toBeInTheDocument());
  });

  it.each([
    ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0', 'Edge', 'Windows'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile/15E148 Safari/604.1', 'Safari', 'iPhone'],
    ['Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36', 'Chrome', 'Android'],
    ['<script>alert(1)</script>', undefined, undefined],
    ['', undefined, undefined],
  ])('knows %s', (userAgent, program, system) => {
    expect(deviceOf(userAgent)).toEqual(program === undefined ? undefined : { program, system });
  });
});

describe('API tokens', () => {
  const token = { id: ID, name: 'notebook', permissions: ['search:read'], created_at: '2026-11-01T00:00:00Z', expires_at: '2026-11-02T00:00:00Z', last_used_at: null };

  it('are made with what is ticked, shown once, and taken back', async () => {
    let wanted: unknown;
    server.use(
      answer('get', '/api/v1/auth/tokens', { tokens: [] }),
      respond('post', '/api/v1/auth/tokens', async ({ request }) => {
        wanted = await request.json();
        server.use(answer('get', '/api/v1/auth/tokens', { tokens: [token] }));
        return HttpResponse.json({ id: ID, token: 'pake_at_secret' }, { status: 201 });
      }),
      done('delete', '/api/v1/auth/tokens/{id}'),
    );
    const { user } = await open('/account/tokens');
    await user.click(await screen.findByRole('button', { name: 'Make a token' }));
    const dialog = await screen.findByRole('dialog');
    await user.type(within(dialog).getByLabelText('What it is for'), 'notebook');
    await user.click(within(dialog).getByLabelText('search:write'));
    await user.click(within(dialog).getByRole('combobox', { name: 'Good for' }));
    await user.click(await screen.findByRole('option', { name: '7 days', hidden: true }));
    await user.click(within(dialog).getByRole('button', { name: 'Make a token' }));
    expect(await screen.findByText('pake_at_secret')).toBeInTheDocument();
    expect(wanted).toEqual({ name: 'notebook', permissions: ['search:read', 'search:write'], expires_in_days: 7 });
    await user.click(screen.getByRole('button', { name: 'I have kept it' }));
    expect(screen.queryByText('pake_at_secret')).not.toBeInTheDocument();
    expect(screen.getByText('Over')).toBeInTheDocument();
    server.use(answer('get', '/api/v1/auth/tokens', { tokens: [] }));
    await user.click(screen.getByRole('button', { name: 'Take back “notebook”' }));
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Take back' }));
    expect(await screen.findByText('No tokens yet')).toBeInTheDocument();
  });

  it('cannot be made with nothing ticked', async () => {
    server.use(answer('get', '/api/v1/auth/tokens', { tokens: [{ ...token, expires_at: null, last_used_at: '2026-11-20T00:00:00Z' }] }));
    const { user } = await open('/account/tokens');
    expect(await screen.findByText('until it is taken back')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Make a token' }));
    const dialog = await screen.findByRole('dialog');
    await user.click(within(dialog).getByLabelText('search:read'));
    expect(within(dialog).getByRole('button', { name: 'Make a token' })).toBeDisabled();
  });
});

describe('preferences', () => {
  it('change one at a time, and the others stay as they are', async () => {
    const sent = keepPreferences();
    server.use(answer('get', '/api/v1/sources', { sources: [] }));
    const { user } = await open('/account/preferences');
    expect(await screen.findByText(/^Kept for 90 days/)).toBeInTheDocument();
    await user.click(screen.getByRole('switch', { name: /^Put searches into my history/ }));
    await waitFor(() => expect(sent).toHaveLength(1));
    const days = screen.getByLabelText('Keep searches for (days)');
    await user.clear(days);
    await user.type(days, '30');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(sent).toHaveLength(2));
    expect(sent[1]).toMatchObject({ auto_save_searches: false, search_history_retention_days: 30, preferred_result_format: 'detailed' });
    expect(sent[1]).not.toHaveProperty('effective_retention_days');
  });

  it('choose the sources that are asked', async () => {
    const sent = keepPreferences();
    const source = (id: 'arxiv' | 'pubmed', label: string) => ({ id, label, description: '', terms_url: '', availability: 'ready' as const, fresh_seconds: 1, stale_seconds: 1, health: { state: 'closed' as const, requests: 0, failures: 0, waiting: 0, spent_today_usd: 0 } });
    server.use(answer('get', '/api/v1/sources', { sources: [source('arxiv', 'arXiv'), source('pubmed', 'PubMed')] }));
    const { user } = await open('/account/preferences');
    await user.click(await screen.findByLabelText("My own choice instead of the workspace's"));
    await user.click(await screen.findByLabelText('PubMed'));
    await waitFor(() => expect(sent.map((body) => body.default_sources)).toEqual([['arxiv', 'pubmed'], ['arxiv']]));
  });

  it('that another device has changed show here', async () => {
    keepPreferences();
    server.use(answer('get', '/api/v1/sources', { sources: [] }));
    await open('/account/preferences');
    expect(await screen.findByRole('switch', { name: /^Put searches into my history/ })).toBeChecked();
    FakeSocket.last.accept();
    server.use(answer('get', '/api/v1/user/preferences', { ...preferences, auto_save_searches: false }));
    FakeSocket.last.tell({ type: 'preferences_updated', data: {} });
    await waitFor(() => expect(screen.getByRole('switch', { name: /^Put searches into my history/ })).not.toBeChecked());
  });

  it('say what is not taken', async () => {
    server.use(answer('get', '/api/v1/user/preferences', preferences), refuse('put', '/api/v1/user/preferences', 400, { detail: 'it makes no sense' }));
    const { user } = await open('/account/notifications');
    await user.click(await screen.findByRole('switch', { name: /^New answers/ }));
    expect(await screen.findByRole('alert')).toHaveTextContent('It makes no sense.');
    expect(screen.getByRole('switch', { name: /^New answers/ })).not.toBeChecked();
  });

  it('of what one is told of', async () => {
    const sent = keepPreferences();
    const { user } = await open('/account/notifications');
    await user.click(await screen.findByRole('switch', { name: /^The week/ }));
    await waitFor(() => expect(screen.getByRole('switch', { name: /^The week/ })).toBeChecked());
    expect(sent[0]?.notification_settings).toEqual({ email_digest: false, search_alerts: false, weekly_summary: true });
  });
});

it('language and theme are of this browser', async () => {
  const { user } = await open('/account/appearance');
  await user.click(await screen.findByLabelText('Dark'));
  expect(document.documentElement).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await user.click(screen.getByLabelText('Deutsch'));
  expect(await screen.findByRole('heading', { name: 'Sprache und Erscheinungsbild' })).toBeInTheDocument();
});
