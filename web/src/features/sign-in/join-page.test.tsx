import { screen, waitFor } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';

import { me } from '@/testing/people';
import { open } from '@/testing/render';
import { answer, done, refuse, respond, server } from '@/testing/server';

const ID = '00000000-0000-7000-8000-00000000000b';
const signedIn = { success: true, token_type: 'Bearer', expires_in: 900, session_expires_at: '2026-11-27T00:00:00Z', requires_mfa: false, user_info: me() };
const nobody = () => refuse('get', '/api/v1/auth/me', 401);

beforeEach(() => {
  sessionStorage.clear();
  server.use(answer('get', '/api/v1/user/delete', {}), answer('post', '/api/v1/auth/validate-password', { is_valid: true, errors: [] }), answer('get', '/api/v1/auth/providers', { providers: [], passkeys: false, proxy: false }));
});

describe('a link to an account', () => {
  it('takes its secret out of the address, and makes the account', async () => {
    let sent: unknown;
    server.use(
      respond('post', '/api/v1/auth/register', async ({ request }) => {
        sent = await request.json();
        server.use(answer('get', '/api/v1/auth/me', me()));
        return HttpResponse.json({ ...signedIn, permissions: ['search:read'] }, { status: 201 });
      }),
      nobody(),
    );
    const { user, router } = await open('/join#pake_ln_S3cr-t_');
    expect(await screen.findByLabelText('Name to sign in with')).toBeInTheDocument();
    expect(router.state.location.href).toBe('/join');
    await user.type(screen.getByLabelText('Name to sign in with'), 'grace');
    await user.type(screen.getByLabelText(/^E-mail/), 'grace@example.org');
    await user.type(screen.getByLabelText('Password'), 'correct horse battery');
    await user.tab();
    expect(await screen.findByText('Good')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Make the account' }));
    await waitFor(() => expect(router.state.location.pathname).toBe('/'));
    expect(sent).toEqual({ token: 'pake_ln_S3cr-t_', username: 'grace', email: 'grace@example.org', name: null, password: 'correct horse battery', session: 'cookie' });
    expect(sessionStorage).toHaveLength(0);
  });

  it('leads who makes the first account to setting PAKE up', async () => {
    server.use(answer('get', '/api/v1/auth/me', { ...me(), session_id: null }), answer('post', '/api/v1/auth/register', { ...signedIn, permissions: ['system:manage'] }, 201));
    const { user, router } = await open('/join#pake_ln_x');
    await user.type(await screen.findByLabelText('Name to sign in with'), 'ada');
    await user.type(screen.getByLabelText('Password'), 'correct horse battery');
    await user.click(screen.getByRole('button', { name: 'Make the account' }));
    await waitFor(() => expect(router.state.location.pathname).toBe('/welcome'));
  });

  it('shows what is wrong at its field, in the words of the page where they are known', async () => {
    server.use(
      nobody(),
      answer('post', '/api/v1/auth/validate-password', { is_valid: false, errors: ['repeats the same characters', 'is odd'] }),
      refuse('post', '/api/v1/auth/register', 400, { error: 'invalid_parameter', detail: '`username` must be 1 to 254 letters', details: { parameter: 'username' } }),
    );
    const { user } = await open('/join#pake_ln_x');
    await user.type(await screen.findByLabelText('Name to sign in with'), 'a b');
    await user.type(screen.getByLabelText('Password'), 'aaaa');
    expect(screen.getByText('8 characters more')).toBeInTheDocument();
    await user.type(screen.getByLabelText('Password'), 'aaaaaaaaaaaa');
    await user.tab();
    expect(await screen.findByText('It repeats the same characters. is odd')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Make the account' }));
    expect(await screen.findByText('Must be 1 to 254 letters.')).toBeInTheDocument();
    expect(screen.getByLabelText('Name to sign in with')).toBeInvalid();
  });

  it('says when it is not good any more', async () => {
    server.use(nobody(), refuse('post', '/api/v1/auth/register', 410, { error: 'gone' }));
    const { user } = await open('/join#pake_ln_x');
    await user.type(await screen.findByLabelText('Name to sign in with'), 'ada');
    await user.type(screen.getByLabelText('Password'), 'correct horse battery');
    await user.click(screen.getByRole('button', { name: 'Make the account' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('has been used, taken back or is too old');
  });

  it('suggests a password, shows it and has it copied', async () => {
    server.use(nobody(), answer('get', '/api/v1/auth/generate-password', { password: 'Rw45HDsLmbq24rgpqbhA' }));
    const { user } = await open('/join#pake_ln_x');
    await user.click(await screen.findByRole('button', { name: 'Suggest one' }));
    const field = await screen.findByDisplayValue('Rw45HDsLmbq24rgpqbhA');
    expect(field).toHaveAttribute('type', 'text');
    expect(screen.getByText('Good')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Copy' }));
    expect(await navigator.clipboard.readText()).toBe('Rw45HDsLmbq24rgpqbhA');
    await user.click(screen.getByRole('button', { name: 'Hide the password' }));
    expect(field).toHaveAttribute('type', 'password');
  });

  it('is kept while its person signs in first', async () => {
    server.use(nobody());
    const { user, router } = await open('/join#pake_ln_x');
    await user.click(await screen.findByRole('link', { name: 'Sign in' }));
    expect(await screen.findByRole('heading', { level: 1, name: 'Sign in' })).toBeInTheDocument();
    expect(router.state.location.href).toBe('/sign-in?back=%2Fjoin');
    server.use(answer('get', '/api/v1/auth/me', me()));
    await router.navigate({ to: '/join' });
    expect(await screen.findByRole('heading', { name: 'You are invited to a workspace' })).toBeInTheDocument();
  });

  it.each(['/join', '/join#', '/join#pake_ln_', '/join#%00%ff', '/join#<script>'])('%s is not whole', async (address) => {
    await open(address);
    expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('This link is not whole');
  });
});

describe('an invitation of somebody who is signed in', () => {
  it('is accepted with the account that they have, and its workspace entered', async () => {
    let entered = false;
    server.use(
      answer('post', '/api/v1/invitations/accept', { id: ID, name: 'Lab' }),
      respond('post', '/api/v1/workspaces/{id}/enter', ({ params }) => {
        entered = params.id === ID;
        return HttpResponse.json({ tenant_id: ID, role: 'user', permissions: [] });
      }),
    );
    const { user, router } = await open('/join#pake_ln_x');
    await user.click(await screen.findByRole('button', { name: 'Join' }));
    await waitFor(() => expect(router.state.location.pathname).toBe('/'));
    expect(entered).toBe(true);
  });

  it('may be for another account', async () => {
    server.use(refuse('post', '/api/v1/invitations/accept', 409, { error: 'conflict', detail: 'you are a member already' }));
    const { user } = await open('/join#pake_ln_x');
    await user.click(await screen.findByRole('button', { name: 'Join' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('You are a member already.');
    await user.click(screen.getByRole('button', { name: 'Make another account instead' }));
    expect(screen.getByLabelText('Name to sign in with')).toBeInTheDocument();
  });
});

describe('a link to a new password', () => {
  it('sets it', async () => {
    server.use(done('post', '/api/v1/auth/password/reset'));
    const { user } = await open('/join#pake_ln_x,reset');
    await user.type(await screen.findByLabelText('New password'), 'correct horse battery');
    await user.click(screen.getByRole('button', { name: 'Set the password' }));
    expect(await screen.findByRole('heading', { name: 'Your password is set' })).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'Sign in' })).toHaveAttribute('href', '/sign-in');
  });

  it.each([
    [410, { error: 'gone' }, /older than an hour/],
    [400, { error: 'invalid_parameter', detail: 'new_password: is odd', details: { parameter: 'new_password' } }, /Is odd\./],
  ])('says why not (%i)', async (status, problem, text) => {
    server.use(refuse('post', '/api/v1/auth/password/reset', status, problem));
    const { user } = await open('/join#pake_ln_x,reset');
    await user.type(await screen.findByLabelText('New password'), 'correct horse battery');
    await user.click(screen.getByRole('button', { name: 'Set the password' }));
    expect(await screen.findByText(text)).toBeInTheDocument();
  });
});

describe('a forgotten password', () => {
  it('has a link mailed, and does not say whether there is anybody', async () => {
    server.use(answer('post', '/api/v1/auth/password/forgot', { message: 'on its way' }, 202));
    const { user } = await open('/reset');
    await user.type(screen.getByLabelText('Name or e-mail'), 'ada');
    await user.click(screen.getByRole('button', { name: 'Mail me a link' }));
    expect(await screen.findByRole('heading', { name: 'Look into your mail' })).toBeInTheDocument();
  });

  it('says when too many were asked for, and when the server is away', async () => {
    server.use(refuse('post', '/api/v1/auth/password/forgot', 503, { title: 'Away', detail: 'the database is away' }));
    const { user } = await open('/reset');
    await user.type(screen.getByLabelText('Name or e-mail'), 'ada{Enter}');
    expect(await screen.findByText('Request request-1')).toBeInTheDocument();
    server.use(respond('post', '/api/v1/auth/password/forgot', () => HttpResponse.error()));
    await user.click(screen.getByRole('button', { name: 'Mail me a link' }));
    expect(await screen.findByText(/cannot be reached/)).toBeInTheDocument();
  });
});
