import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';

import type { Schema } from '@/lib/api';
import { me } from '@/testing/people';
import { open } from '@/testing/render';
import { answer, done, refuse, respond, server } from '@/testing/server';

const MARY = '01a216d2-79eb-7bc1-9654-d9335e36a5d4';
const PATH = '/api/v1/admin/users/{id}/action';

function mary(change: Partial<Schema<'AdminUserDetail'>> = {}): Schema<'AdminUserDetail'> {
  return {
    id: MARY, username: 'mary', name: 'Mary Somerville', email: 'mary@example.org', role: 'user', is_active: true,
    created_at: '2026-11-01T00:00:00Z', last_seen_at: null, tokens: 1, searches: 12, session_count: 1,
    factors: { has_password: true, has_authenticator: true, recovery_codes: 3, passkeys: 2, identities: 0 },
    sessions: [{ id: '5e551011-0000-7000-8000-000000000001', user_id: MARY, username: 'mary', tenant_id: MARY, method: 'password', user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/133.0', ip_address: '192.0.2.7', created_at: '2026-11-20T00:00:00Z', last_seen_at: '2026-11-21T00:00:00Z', expires_at: '2026-12-20T00:00:00Z' }],
    ...change,
  };
}

/** Ada in a smaller role. */
const asRole = (role: string, ...permissions: Parameters<typeof me>[0] & object) => answer('get', '/api/v1/auth/me', { ...me(permissions), role: role as never });

/** Keeps what is done to somebody, and answers as the server does. */
function acted(answered: Partial<Schema<'ActionDone'>> = {}) {
  const bodies: Schema<'WantedAction'>[] = [];
  server.use(
    respond('post', PATH, async ({ request }) => {
      const body = (await request.json()) as Schema<'WantedAction'>;
      bodies.push(body);
      return HttpResponse.json({ success: true, action: body.action, user_id: MARY, ...answered });
    }),
  );
  return bodies;
}

describe('the people', () => {
  it('are listed page by page, and narrowed by what stands in the address', async () => {
    const asked: string[] = [];
    server.use(
      respond('get', '/api/v1/admin/users', ({ request }) => {
        const { searchParams } = new URL(request.url);
        if (searchParams.get('limit') === '500') return HttpResponse.json({ users: [], next: null });
        asked.push(searchParams.toString());
        return HttpResponse.json(searchParams.has('after') ? { users: [mary({ id: 'b', username: 'zoe', is_active: false })], next: null } : { users: [mary()], next: 'mary' });
      }),
    );
    const { user, router } = await open('/admin/users?role=user');
    expect(await screen.findByRole('row', { name: /mary@example.org/ })).toHaveTextContent('may sign in');
    await user.click(screen.getByRole('button', { name: 'Show more' }));
    expect(await screen.findByRole('row', { name: /zoe/ })).toHaveTextContent('kept out');
    expect(asked).toEqual(['role=user', 'role=user&after=mary']);
    await user.selectOptions(screen.getByLabelText('State'), 'kept out');
    await user.type(screen.getByLabelText('Name or address'), 'som');
    await waitFor(() => expect(asked.at(-1)).toBe('q=som&role=user&active=false'));
    await user.selectOptions(screen.getByLabelText('Last seen'), 'within 7 days');
    await waitFor(() => expect(asked.at(-1)).toContain('seen_since=20'));
    await user.click(screen.getByRole('button', { name: 'Show all' }));
    await waitFor(() => expect(router.state.location.search).toEqual({}));
  });

  it('says what to do when nobody is like that, and what the server said when it did not answer', async () => {
    server.use(answer('get', '/api/v1/admin/users', { users: [], next: null }));
    const { user, unmount } = await open('/admin/users');
    expect(await screen.findByText('Nobody is like that')).toBeInTheDocument();
    unmount();
    server.use(refuse('get', '/api/v1/admin/users', 403, { title: 'Not allowed' }));
    await open('/admin/users');
    expect(await screen.findByRole('alert')).toHaveTextContent('Not allowed');
    server.use(answer('get', '/api/v1/admin/users', { users: [mary()], next: null }));
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('link', { name: 'mary' })).toBeInTheDocument();
  });
});

describe('one person', () => {
  it('is told of with how they sign in and where they are', async () => {
    server.use(answer('get', '/api/v1/admin/users/{id}', mary()));
    await open(`/admin/users/${MARY}`);
    expect(await screen.findByRole('heading', { name: 'Mary Somerville' })).toBeInTheDocument();
    expect(screen.getByText('password, authenticator app (3 recovery codes left), and 2 passkeys')).toBeInTheDocument();
    expect(screen.getByRole('row', { name: /Firefox · Linux 192.0.2.7/ })).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'What they did' })).toHaveAttribute('href', `/admin/audit?actor=${MARY}`);
  });

  it('is kept out for a reason, and not without one', async () => {
    server.use(answer('get', '/api/v1/admin/users/{id}', mary()));
    const bodies = acted();
    const { user } = await open(`/admin/users/${MARY}`);
    await user.click(await screen.findByRole('button', { name: 'Keep out' }));
    const dialog = await screen.findByRole('dialog', { name: 'Keep mary out?' });
    const button = within(dialog).getByRole('button', { name: 'Keep out' });
    await user.type(within(dialog).getByLabelText(/Why/), '   ');
    expect(button).toBeDisabled();
    await user.type(within(dialog).getByLabelText(/Why/), 'left us ');
    await user.click(button);
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
    expect(bodies).toEqual([{ action: 'deactivate', reason: 'left us' }]);
  });

  it('loses the history only when their name is typed to the letter', async () => {
    server.use(answer('get', '/api/v1/admin/users/{id}', mary()));
    const bodies = acted();
    const { user } = await open(`/admin/users/${MARY}`);
    await user.click(await screen.findByRole('button', { name: 'Clear history' }));
    const dialog = await screen.findByRole('dialog');
    await user.type(within(dialog).getByLabelText(/Why/), 'asked for it');
    await user.type(within(dialog).getByLabelText(/Type “mary”/), 'Mary{Enter}');
    expect(bodies).toEqual([]);
    await user.clear(within(dialog).getByLabelText(/Type “mary”/));
    await user.type(within(dialog).getByLabelText(/Type “mary”/), 'mary{Enter}');
    await waitFor(() => expect(bodies).toEqual([{ action: 'clear_history', reason: 'asked for it', confirm: 'mary' }]));
  });

  it('gets a link to a new password, shown once', async () => {
    server.use(answer('get', '/api/v1/admin/users/{id}', mary()));
    acted({ link: 'https://pake.example/join#secret,reset' });
    const { user } = await open(`/admin/users/${MARY}`);
    await user.click(await screen.findByRole('button', { name: 'Reset password' }));
    await user.type(await screen.findByLabelText(/Why/), 'forgotten{Enter}');
    expect(await screen.findByText('https://pake.example/join#secret,reset')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Put the link away' }));
    expect(screen.queryByText(/secret,reset/)).not.toBeInTheDocument();
  });

  it('is deleted, and the list of the others is shown', async () => {
    server.use(answer('get', '/api/v1/admin/users/{id}', mary()), answer('get', '/api/v1/admin/users', { users: [], next: null }));
    acted();
    const { user, router } = await open(`/admin/users/${MARY}`);
    await user.click(await screen.findByRole('button', { name: 'Delete account' }));
    await user.type(await screen.findByLabelText(/Why/), 'twice');
    await user.type(screen.getByLabelText(/Type “mary”/), 'mary{Enter}');
    await waitFor(() => expect(router.state.location.pathname).toBe('/admin/users'));
  });

  it('stays as they are when the server refuses, which says why in the dialog', async () => {
    server.use(answer('get', '/api/v1/admin/users/{id}', mary({ is_active: false })), refuse('post', PATH, 409, { title: 'Conflict', detail: 'they may sign in already' }));
    const { user } = await open(`/admin/users/${MARY}`);
    await user.click(await screen.findByRole('button', { name: 'Let in again' }));
    await user.type(await screen.findByLabelText(/Why/), 'back{Enter}');
    expect(await within(screen.getByRole('dialog')).findByRole('alert')).toHaveTextContent('They may sign in already.');
    await user.click(screen.getByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  });

  it('is signed out of a session', async () => {
    const ended: unknown[] = [];
    server.use(
      answer('get', '/api/v1/admin/users/{id}', mary()),
      respond('delete', '/api/v1/admin/sessions/{id}', ({ params }) => {
        ended.push(params.id);
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const { user } = await open(`/admin/users/${MARY}`);
    await user.click(await screen.findByRole('button', { name: 'Sign out' }));
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Sign out' }));
    await waitFor(() => expect(ended).toEqual(['5e551011-0000-7000-8000-000000000001']));
  });

  it('shows managers what managers may do, and nothing to whoever is no more than they are', async () => {
    server.use(asRole('manager', 'user:read', 'user:update'), answer('get', '/api/v1/admin/users/{id}', mary()), done('delete', '/api/v1/admin/sessions/{id}'));
    const first = await open(`/admin/users/${MARY}`);
    expect(await screen.findByRole('button', { name: 'Keep out' })).toBeInTheDocument();
    for (const name of ['Make admin', 'Clear history', 'Delete account', 'Sign out']) expect(screen.queryByRole('button', { name })).not.toBeInTheDocument();
    first.unmount();
    server.use(answer('get', '/api/v1/admin/users/{id}', mary({ role: 'manager' as never })));
    await open(`/admin/users/${MARY}`);
    await screen.findByRole('heading', { name: 'Mary Somerville' });
    expect(screen.queryByRole('button', { name: 'Keep out' })).not.toBeInTheDocument();
  });

  it('is no one: what the server says is shown', async () => {
    server.use(refuse('get', '/api/v1/admin/users/{id}', 404, { title: 'There is no such user' }));
    await open(`/admin/users/${MARY}`);
    expect(await screen.findByRole('alert')).toHaveTextContent('There is no such user');
  });
});
