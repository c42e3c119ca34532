import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { expect, it } from 'vitest';

import type { Schema } from '@/lib/api';
import { me } from '@/testing/people';
import { open } from '@/testing/render';
import { answer, respond, server } from '@/testing/server';

const session = (id: string, change: Partial<Schema<'AdminSession'>> = {}): Schema<'AdminSession'> => ({
  id, user_id: 'mary-id', username: 'mary', tenant_id: 't', method: 'password', user_agent: null, ip_address: null,
  created_at: '2026-11-26T00:00:00Z', last_seen_at: '2026-11-26T00:00:00Z', expires_at: '2026-12-26T00:00:00Z', ...change,
});

it('shows who is signed in where, and signs them out, but not whoever looks', async () => {
  let sessions = [session('s1', { method: 'of_tomorrow', user_agent: 'Mozilla/5.0 (iPhone) Safari/605' }), session(me().session_id!, { username: 'ada' })];
  server.use(
    answer('get', '/api/v1/admin/users', { users: [] }),
    respond('get', '/api/v1/admin/sessions', () => HttpResponse.json({ sessions })),
    respond('delete', '/api/v1/admin/sessions/{id}', ({ params }) => {
      sessions = sessions.filter(({ id }) => id !== params.id);
      return new HttpResponse(null, { status: 204 });
    }),
  );
  const { user } = await open('/admin/sessions');
  expect(await screen.findByRole('row', { name: /mary Safari · iOS of_tomorrow/ })).toBeInTheDocument();
  expect(screen.getByRole('row', { name: /ada unknown password/ })).toHaveTextContent('you, here');
  await user.click(screen.getByRole('button', { name: 'Sign out' }));
  await user.click(within(await screen.findByRole('dialog', { name: 'Sign mary out there?' })).getByRole('button', { name: 'Sign out' }));
  await waitFor(() => expect(screen.queryByText('mary')).not.toBeInTheDocument());
});

it('is narrowed to one person', async () => {
  let asked = '';
  server.use(
    answer('get', '/api/v1/admin/users', { users: [{ id: 'u1', username: 'emmy', name: 'Emmy', role: 'user', is_active: true, created_at: '2026-01-01T00:00:00Z' }] }),
    respond('get', '/api/v1/admin/sessions', ({ request }) => {
      asked = new URL(request.url).search;
      return HttpResponse.json({ sessions: [] });
    }),
  );
  const { user } = await open('/admin/sessions');
  await screen.findByRole('option', { name: 'emmy' });
  await user.selectOptions(screen.getByLabelText('Who'), 'emmy');
  await waitFor(() => expect(asked).toBe('?user_id=u1'));
  expect(screen.getByText('Nobody is signed in')).toBeInTheDocument();
});
