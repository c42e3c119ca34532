import { screen, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { withPasskeys } from '@/testing/passkeys';
import { me } from '@/testing/people';
import { open } from '@/testing/render';
import { answer, refuse, respond, server } from '@/testing/server';

const ways = { providers: [], passkeys: false, proxy: false };
const signedIn = { success: true, token_type: 'Bearer', expires_in: 900, session_expires_at: '2026-11-27T00:00:00Z', requires_mfa: false, user_info: me(), permissions: [] };
const wanted = { success: false, requires_mfa: true, mfa_token: 'half', expires_in: 300, methods: ['totp', 'passkey', 'recovery_code'] as ('totp' | 'passkey' | 'recovery_code')[] };
const asked = { passkey_token: 'question', options: { publicKey: { challenge: 'c' } as never } as never };

/** What was sent there, in order. */
function heard(path: Parameters<typeof respond<'post'>>[1], body: object, status = 200) {
  const all: Record<string, unknown>[] = [];
  server.use(
    respond('post', path, async ({ request }) => {
      all.push((await request.json()) as Record<string, unknown>);
      return HttpResponse.json(body, { status });
    }),
  );
  return all;
}

/** Nobody is signed in until somebody has signed in. */
let isIn = false;
beforeEach(() => {
  isIn = false;
  server.use(
    answer('get', '/api/v1/auth/providers', ways),
    answer('get', '/api/v1/user/delete', {}),
    http.get('*/api/v1/auth/me', () => (isIn ? HttpResponse.json(me()) : HttpResponse.json({ title: 'Not signed in', status: 401 }, { status: 401 }))),
  );
});
afterEach(() => vi.unstubAllGlobals());

async function typed(address = '/sign-in?back=/history') {
  const page = await open(address);
  await page.user.type(screen.getByLabelText('Name or e-mail'), 'ada');
  await page.user.type(screen.getByLabelText('Password'), 'correct horse');
  return page;
}

describe('signing in', () => {
  it('by name and password leads back to where one wanted to go', async () => {
    const sent = heard('/api/v1/auth/login', signedIn);
    const { user, router } = await typed();
    await user.click(screen.getByLabelText('Stay signed in on this device'));
    isIn = true;
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    await waitFor(() => expect(router.state.location.pathname).toBe('/history'));
    expect(sent).toEqual([{ username: 'ada', password: 'correct horse', remember_me: true, session: 'cookie' }]);
  });

  it('takes a password while the other ways do not come, and asks for them again', async () => {
    server.use(refuse('get', '/api/v1/auth/providers', 500, { error: 'internal' }));
    const { user } = await typed();
    expect(await screen.findByRole('alert')).toBeVisible();
    expect(screen.getByRole('button', { name: 'Sign in' })).toBeEnabled();
    server.use(answer('get', '/api/v1/auth/providers', { ...ways, providers: [{ id: 'campus', name: 'Campus', start: '/api/v1/auth/oidc/campus' }] }));
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText(/Campus/)).toBeVisible();
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
    expect(screen.getByLabelText('Password')).toHaveValue('correct horse');
  });

  it('says that name or password is wrong, and keeps what was typed', async () => {
    server.use(refuse('post', '/api/v1/auth/login', 401, { error: 'unauthenticated' }));
    const { user } = await typed();
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('Name or password is wrong.');
    expect(screen.getByLabelText('Password')).toHaveValue('correct horse');
  });

  it('counts down when there were too many attempts', async () => {
    server.use(respond('post', '/api/v1/auth/login', () => HttpResponse.json({ status: 429, error: 'too_many' }, { status: 429, headers: { 'retry-after': '908' } })));
    const { user } = await typed();
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('Too many attempts.');
    expect(screen.getByText(/Try again in 15:0\d min/)).toBeInTheDocument();
  });

  it('leads an account that is about to be deleted to where that is taken back', async () => {
    heard('/api/v1/auth/login', signedIn);
    server.use(answer('get', '/api/v1/user/delete', { deletion_due_at: '2026-12-10T00:00:00Z' }));
    const { user, router } = await typed();
    isIn = true;
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    await waitFor(() => expect(router.state.location.pathname).toBe('/account/privacy'));
  });

  it('asks for the code of the app, and sends it once it is whole', async () => {
    heard('/api/v1/auth/login', wanted, 202);
    const codes = heard('/api/v1/auth/mfa', signedIn);
    const { user, router } = await typed();
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    const code = await screen.findByLabelText('Code');
    expect(code).toHaveFocus();
    isIn = true;
    await user.type(code, '492 039');
    await waitFor(() => expect(router.state.location.pathname).toBe('/history'));
    expect(codes).toEqual([{ mfa_token: 'half', code: '492039', session: 'cookie' }]);
  });

  it('takes a recovery code instead, and says when it is not good', async () => {
    heard('/api/v1/auth/login', wanted, 202);
    server.use(refuse('post', '/api/v1/auth/mfa', 401, { error: 'unauthenticated', detail: 'the code is wrong or was used' }));
    const { user } = await typed();
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    expect(await screen.findByLabelText('Code')).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Use a passkey' })).not.toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Use a recovery code' }));
    await user.type(screen.getByLabelText('Recovery code'), 'abcd-efgh{Enter}');
    expect(await screen.findByRole('alert')).toHaveTextContent('The code is wrong or was used.');
    await user.click(screen.getByRole('button', { name: 'Begin again' }));
    expect(screen.getByRole('heading', { level: 1, name: 'Sign in' })).toBeInTheDocument();
  });

  it('takes a passkey as the second step', async () => {
    const browser = withPasskeys();
    heard('/api/v1/auth/login', { ...wanted, methods: ['passkey', 'recovery_code'] }, 202);
    heard('/api/v1/auth/passkeys/options', asked);
    const shown = heard('/api/v1/auth/passkeys/login', signedIn);
    const { user, router } = await typed();
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    isIn = true;
    await user.click(await screen.findByRole('button', { name: 'Show your passkey' }));
    await waitFor(() => expect(router.state.location.pathname).toBe('/history'));
    expect(shown).toMatchObject([{ passkey_token: 'question', credential: browser.credential, mfa_token: 'half', session: 'cookie' }]);
  });

  it('says so when this browser has nothing of what is wanted', async () => {
    heard('/api/v1/auth/login', { ...wanted, methods: ['passkey'] }, 202);
    const { user } = await typed();
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    expect(await screen.findByText(/This browser cannot use the passkey/)).toBeInTheDocument();
  });
});

describe('a passkey alone', () => {
  beforeEach(() => server.use(answer('get', '/api/v1/auth/providers', { ...ways, passkeys: true })));

  it('signs in, and is asked for only when somebody wants it', async () => {
    withPasskeys();
    const questions = heard('/api/v1/auth/passkeys/options', asked);
    heard('/api/v1/auth/passkeys/login', signedIn);
    const { user, router } = await open('/sign-in?back=/history');
    await user.click(screen.getByLabelText('Name or e-mail'));
    expect(questions).toHaveLength(0);
    isIn = true;
    await user.click(await screen.findByRole('button', { name: 'Sign in with a passkey' }));
    await waitFor(() => expect(router.state.location.pathname).toBe('/history'));
    expect(questions).toHaveLength(1);
  });

  it('is offered at the name in a browser in which one was used before', async () => {
    localStorage.setItem('pake-passkey', 'yes');
    const { get } = withPasskeys();
    heard('/api/v1/auth/passkeys/options', asked);
    heard('/api/v1/auth/passkeys/login', signedIn);
    const { user, router } = await open('/sign-in?back=/history');
    await screen.findByRole('button', { name: 'Sign in with a passkey' });
    isIn = true;
    await user.click(screen.getByLabelText('Name or e-mail'));
    await waitFor(() => expect(router.state.location.pathname).toBe('/history'));
    expect(get).toHaveBeenCalledWith(expect.objectContaining({ mediation: 'conditional' }));
  });

  it.each([
    ['NotAllowedError', /No passkey was shown/],
    ['SecurityError', /cannot use passkeys at this address/],
  ])('explains a %s', async (name, text) => {
    withPasskeys({ show: () => Promise.reject(new DOMException('no', name)) });
    heard('/api/v1/auth/passkeys/options', asked);
    const { user } = await open('/sign-in?back=/');
    await user.click(await screen.findByRole('button', { name: 'Sign in with a passkey' }));
    expect(await screen.findByRole('alert')).toHaveTextContent(text);
  });
});

describe('other houses', () => {
  it('are links to their beginning, with the way back', async () => {
    server.use(answer('get', '/api/v1/auth/providers', { ...ways, providers: [{ id: 'example', name: 'Example', start: '/api/v1/auth/oidc/example/start' }] }));
    await open('/sign-in?back=/history?q=a');
    expect(await screen.findByRole('link', { name: 'Sign in with Example' })).toHaveAttribute('href', '/api/v1/auth/oidc/example/start?return_to=%2Fhistory%3Fq%3Da');
  });

  it('and a proxy may say who somebody is', async () => {
    server.use(answer('get', '/api/v1/auth/providers', { ...ways, proxy: true }), refuse('post', '/api/v1/auth/proxy', 401, { error: 'unauthenticated' }));
    const { user, router } = await open('/sign-in?back=/history');
    const button = await screen.findByRole('button', { name: 'Sign in as your organisation knows you' });
    await user.click(button);
    expect(await screen.findByRole('alert')).toHaveTextContent('does not say who you are');
    heard('/api/v1/auth/proxy', signedIn);
    isIn = true;
    await user.click(button);
    await waitFor(() => expect(router.state.location.pathname).toBe('/history'));
  });
});

describe('somebody who is signed in already', () => {
  it('goes on, or uses another account', async () => {
    isIn = true;
    const { user } = await open('/sign-in');
    expect(await screen.findByText(/signed in as ada/)).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'Go on' })).toHaveAttribute('href', '/');
    await user.click(screen.getByRole('button', { name: 'Use another account' }));
    expect(screen.getByLabelText('Name or e-mail')).toBeInTheDocument();
  });

  it('is told that nobody has to, where nobody does', async () => {
    server.use(answer('get', '/api/v1/auth/me', { ...me(), session_id: null }));
    await open('/sign-in');
    expect(await screen.findByRole('heading', { level: 1, name: 'Nobody has to sign in' })).toBeInTheDocument();
  });
});

it.each([
  ['forbidden', /With that account you may not come in/],
  ['unauthenticated', /Begin again/],
  ['<script>', /Begin again/],
])('says why signing in elsewhere did not work (%s)', async (kind, words) => {
  server.use(refuse('get', '/api/v1/auth/me', 401));
  await open(`/sign-in?failed=${encodeURIComponent(kind)}`);
  expect(await screen.findByRole('alert')).toHaveTextContent(words);
  expect(await screen.findByLabelText('Password')).toBeInTheDocument();
});
