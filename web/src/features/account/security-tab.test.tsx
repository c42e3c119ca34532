import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Schema } from '@/lib/api';
import { withPasskeys } from '@/testing/passkeys';
import { me } from '@/testing/people';
import { open } from '@/testing/render';
import { answer, done, refuse, respond, server } from '@/testing/server';

const ID = '00000000-0000-7000-8000-00000000000c';
const CODES = ['K493-K8LA', 'ZWQK-GMY5'];
const none = { is_enabled: false, totp_since: null, passkeys: 0, recovery_codes_left: 0 };
const laptop = { id: ID, name: 'Laptop', created_at: '2026-11-01T00:00:00Z', last_used_at: '2026-11-20T00:00:00Z' };
const asked = { passkey_token: 'question', options: { publicKey: {} as never } as never };
const wrongPassword = { error: 'invalid_parameter', detail: 'password: is not your password', details: { parameter: 'password' } };

const factors = (state: Partial<Schema<'SecondFactors'>>) => server.use(answer('get', '/api/v1/auth/mfa', { ...none, ...state }));

beforeEach(() => {
  factors({});
  server.use(answer('get', '/api/v1/auth/passkeys', { passkeys: [] }));
});
afterEach(() => vi.unstubAllGlobals());

describe('the authenticator app', () => {
  const offered = { secret: 'GH32SUEWHYTJ7JWT', otpauth_url: 'otpauth://totp/PAKE:ada?secret=GH32', qr_svg: '<svg xmlns="http://www.w3.org/2000/svg"/>' };

  it('is set up: password, picture and secret, first code, recovery codes', async () => {
    const { user } = await open('/account/security');
    await user.click(await screen.findByRole('button', { name: 'Set up an app' }));
    server.use(refuse('post', '/api/v1/auth/mfa/totp', 400, wrongPassword));
    await user.click(await screen.findByRole('button', { name: 'Go on' }));
    expect(await screen.findByText('Your password is wanted.')).toBeInTheDocument();
    await user.type(screen.getByLabelText('Your password'), 'correct horse');
    expect(screen.getByText('That is not your password.')).toBeInTheDocument();
    server.use(answer('post', '/api/v1/auth/mfa/totp', offered, 201));
    await user.click(screen.getByRole('button', { name: 'Go on' }));
    expect(await screen.findByRole('img', { name: /QR code/ })).toHaveAttribute('src', expect.stringContaining('data:image/svg+xml,%3Csvg'));
    expect(screen.getByText('GH32 SUEW HYTJ 7JWT')).toBeInTheDocument();
    server.use(refuse('post', '/api/v1/auth/mfa/totp/confirm', 400, { detail: 'code: is not the code that the app shows', details: { parameter: 'code' } }));
    await user.type(screen.getByLabelText('Code'), '000 000');
    await user.click(screen.getByRole('button', { name: 'Switch it on' }));
    expect(await screen.findByText('Is not the code that the app shows.')).toBeInTheDocument();
    server.use(answer('post', '/api/v1/auth/mfa/totp/confirm', { recovery_codes: CODES }));
    factors({ is_enabled: true, totp_since: '2026-11-26T00:00:00Z', recovery_codes_left: 2 });
    await user.click(screen.getByRole('button', { name: 'Switch it on' }));
    const codes = await screen.findByRole('group', { name: 'Your recovery codes' });
    await waitFor(() => expect(codes).toHaveFocus());
    expect(within(codes).getAllByRole('listitem').map((item) => item.textContent)).toEqual(CODES);
    await user.click(within(codes).getByRole('button', { name: 'Copy' }));
    expect(await navigator.clipboard.readText()).toBe('K493-K8LA\nZWQK-GMY5\n');
    const print = vi.fn();
    vi.stubGlobal('print', print);
    await user.click(within(codes).getByRole('button', { name: 'Print' }));
    expect(print).toHaveBeenCalledOnce();
    await user.click(within(codes).getByRole('button', { name: 'I have kept them' }));
    expect(screen.queryByText('K493-K8LA')).not.toBeInTheDocument();
    expect(await screen.findByText(/^2 are left/)).toBeInTheDocument();
  });

  it('is given up', async () => {
    factors({ is_enabled: true, totp_since: '2026-11-26T00:00:00Z' });
    server.use(done('post', '/api/v1/auth/mfa/disable'));
    const { user } = await open('/account/security');
    await user.click(await screen.findByRole('button', { name: 'Give the app up' }));
    await user.type(await screen.findByLabelText('Your password'), 'correct horse');
    factors({});
    await user.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Give the app up' }));
    expect(await screen.findByRole('button', { name: 'Set up an app' })).toBeInTheDocument();
  });

  it('wants whoever has no password to sign in again', async () => {
    server.use(refuse('post', '/api/v1/auth/mfa/totp', 403, { error: 'forbidden', detail: 'sign in again first' }));
    const { user } = await open('/account/security');
    await user.click(await screen.findByRole('button', { name: 'Set up an app' }));
    await user.click(await screen.findByRole('button', { name: 'Go on' }));
    expect(await screen.findByRole('link', { name: 'Sign in again' })).toHaveAttribute('href', '/sign-in?back=%2Faccount%2Fsecurity');
  });
});

describe('passkeys', () => {
  it('are added under a name, and bring recovery codes when they are the first second factor', async () => {
    const { credential } = withPasskeys();
    let kept: unknown;
    server.use(
      answer('post', '/api/v1/auth/passkeys/register', asked, 201),
      respond('post', '/api/v1/auth/passkeys', async ({ request }) => {
        kept = await request.json();
        server.use(answer('get', '/api/v1/auth/passkeys', { passkeys: [laptop] }));
        return HttpResponse.json({ id: ID, recovery_codes: CODES }, { status: 201 });
      }),
    );
    const { user } = await open('/account/security');
    await user.click(await screen.findByRole('button', { name: 'Add a passkey' }));
    await user.clear(await screen.findByLabelText('What you call it'));
    await user.type(screen.getByLabelText('What you call it'), 'Laptop');
    await user.type(screen.getByLabelText('Your password'), 'correct horse');
    await user.click(screen.getByRole('button', { name: 'Make it' }));
    expect(await screen.findByRole('group', { name: 'Your recovery codes' })).toBeInTheDocument();
    expect(kept).toEqual({ passkey_token: 'question', name: 'Laptop', credential });
    expect(await screen.findByText('Laptop')).toBeInTheDocument();
  });

  it('are not made twice on one device', async () => {
    withPasskeys({ make: () => Promise.reject(new DOMException('known', 'InvalidStateError')) });
    server.use(answer('post', '/api/v1/auth/passkeys/register', asked, 201));
    const { user } = await open('/account/security');
    await user.click(await screen.findByRole('button', { name: 'Add a passkey' }));
    await user.type(await screen.findByLabelText('What you call it'), 'Laptop');
    await user.type(screen.getByLabelText('Your password'), 'correct horse');
    await user.click(screen.getByRole('button', { name: 'Make it' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('already has a passkey');
  });

  it('are renamed and removed', async () => {
    withPasskeys();
    server.use(answer('get', '/api/v1/auth/passkeys', { passkeys: [laptop] }), refuse('put', '/api/v1/auth/passkeys/{id}', 400, { detail: 'name: must be one line', details: { parameter: 'name' } }), done('delete', '/api/v1/auth/passkeys/{id}'));
    const { user } = await open('/account/security');
    await user.click(await screen.findByRole('button', { name: 'Rename Laptop' }));
    await user.type(await screen.findByLabelText('What you call it'), ' two');
    await user.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Rename' }));
    expect(await screen.findByText('Must be one line.')).toBeInTheDocument();
    server.use(done('put', '/api/v1/auth/passkeys/{id}'), answer('get', '/api/v1/auth/passkeys', { passkeys: [{ ...laptop, name: 'Laptop two' }] }));
    await user.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Rename' }));
    await user.click(await screen.findByRole('button', { name: 'Remove Laptop two' }));
    server.use(answer('get', '/api/v1/auth/passkeys', { passkeys: [] }));
    await user.click(within(await screen.findByRole('dialog', { name: 'Remove Laptop two' })).getByRole('button', { name: 'Remove' }));
    expect(await screen.findByText('No passkeys yet')).toBeInTheDocument();
  });

  it('are not offered by a browser that cannot', async () => {
    await open('/account/security');
    expect(await screen.findByText(/This browser cannot use passkeys/)).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Add a passkey' })).not.toBeInTheDocument();
  });
});

it('recovery codes are made anew', async () => {
  factors({ is_enabled: true, totp_since: '2026-11-26T00:00:00Z', recovery_codes_left: 1 });
  server.use(answer('post', '/api/v1/auth/mfa/recovery-codes', { recovery_codes: CODES }));
  const { user } = await open('/account/security');
  expect(await screen.findByText(/^1 is left/)).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Make new codes' }));
  await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Make new codes' }));
  expect(await screen.findByText('ZWQK-GMY5')).toBeInTheDocument();
});

describe('the password', () => {
  it('is changed, and what is wrong stands at its field', async () => {
    const { user } = await open('/account/security');
    await user.click(await screen.findByRole('button', { name: 'Change the password' }));
    server.use(refuse('put', '/api/v1/auth/password', 400, { detail: 'current_password: is not your password', details: { parameter: 'current_password' } }));
    await user.type(await screen.findByLabelText('Current password'), 'old');
    await user.type(screen.getByLabelText('New password'), 'short');
    const send = within(screen.getByRole('dialog')).getByRole('button', { name: 'Change the password' });
    await user.click(send);
    expect(await screen.findByText('That is not your password.')).toBeInTheDocument();
    server.use(refuse('put', '/api/v1/auth/password', 400, { detail: 'new_password: has 5 of at least 12 characters; it repeats the same characters', details: { parameter: 'new_password' } }));
    await user.click(send);
    expect(await screen.findByText('It is too short. It repeats the same characters.')).toBeInTheDocument();
    server.use(done('put', '/api/v1/auth/password'));
    await user.click(send);
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
    expect(screen.getByText('Your password is changed; every other session has ended.')).toBeInTheDocument();
  });
});

it('without accounts there is nothing to set', async () => {
  server.use(answer('get', '/api/v1/auth/me', { ...me(), session_id: null }));
  await open('/account/security');
  expect(await screen.findByText(/There are no accounts here/)).toBeInTheDocument();
});

it('what cannot be loaded is tried again', async () => {
  server.use(refuse('get', '/api/v1/auth/mfa', 503, { title: 'Away' }));
  const { user } = await open('/account/security');
  await screen.findByText('Away');
  factors({});
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByRole('button', { name: 'Set up an app' })).toBeInTheDocument();
});
