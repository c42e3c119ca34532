import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';

import type { Schema } from '@/lib/api';
import { me } from '@/testing/people';
import { open } from '@/testing/render';
import { answer, refuse, respond, server } from '@/testing/server';

const invitation: Schema<'InvitationView'> = { id: 'i1', email: 'rosalind@example.org', role: 'user', created_at: '2026-11-26T00:00:00Z', expires_at: '2026-11-29T00:00:00Z' };
const invited: Schema<'Invited'> = { id: 'i2', token: 'secret', link: 'https://pake.example/join#secret', is_mailed: false };

function making(answered: Partial<Schema<'Invited'>> = {}) {
  const bodies: unknown[] = [];
  server.use(
    answer('get', '/api/v1/invitations', { invitations: [] }),
    respond('post', '/api/v1/invitations', async ({ request }) => {
      bodies.push(await request.json());
      return HttpResponse.json({ ...invited, ...answered }, { status: 201 });
    }),
  );
  return bodies;
}

describe('invitations', () => {
  it('are made for a role, and the link is shown once', async () => {
    const bodies = making();
    const { user } = await open('/admin/invitations');
    await user.selectOptions(await screen.findByLabelText('Role'), 'Viewer');
    await user.click(screen.getByRole('button', { name: 'Invite' }));
    expect(await screen.findByText('The link is made, and was not mailed')).toBeInTheDocument();
    expect(screen.getByText('https://pake.example/join#secret')).toBeInTheDocument();
    expect(bodies).toEqual([{ role: 'viewer' }]);
    await user.click(screen.getByRole('button', { name: 'Put the link away' }));
    expect(screen.queryByText(/#secret/)).not.toBeInTheDocument();
  });

  it('are mailed where there is a way for mail', async () => {
    const bodies = making({ is_mailed: true });
    const { user } = await open('/admin/invitations');
    await user.type(await screen.findByLabelText('Mail'), 'rosalind@example.org{Enter}');
    expect(await screen.findByText('The link is on its way')).toBeInTheDocument();
    expect(bodies).toEqual([{ role: 'user', email: 'rosalind@example.org' }]);
  });

  it('say why one cannot be made', async () => {
    server.use(answer('get', '/api/v1/invitations', { invitations: [] }), refuse('post', '/api/v1/invitations', 400, { title: 'That is no address' }));
    const { user } = await open('/admin/invitations');
    await user.click(await screen.findByRole('button', { name: 'Invite' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('That is no address');
  });

  it('are taken back', async () => {
    let invitations = [invitation, { ...invitation, id: 'i3', email: null, role: null }];
    server.use(
      respond('get', '/api/v1/invitations', () => HttpResponse.json({ invitations })),
      respond('delete', '/api/v1/invitations/{id}', ({ params }) => {
        invitations = invitations.filter(({ id }) => id !== params.id);
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const { user } = await open('/admin/invitations');
    await user.click(within(await screen.findByRole('row', { name: /rosalind/ })).getByRole('button', { name: 'Take back' }));
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Take back' }));
    await waitFor(() => expect(screen.queryByText('rosalind@example.org')).not.toBeInTheDocument());
    expect(screen.getByText('whoever has the link')).toBeInTheDocument();
  });

  it('are only looked at by whoever may not invite', async () => {
    server.use(answer('get', '/api/v1/auth/me', me(['user:read', 'user:update'])), answer('get', '/api/v1/invitations', { invitations: [invitation] }));
    await open('/admin/invitations');
    expect(await screen.findByText('rosalind@example.org')).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: /Invite|Take back/ })).not.toBeInTheDocument();
  });

  it('say what is wrong when they do not come', async () => {
    server.use(refuse('get', '/api/v1/invitations', 503, { title: 'Away' }));
    await open('/admin/invitations');
    expect(await screen.findByRole('alert')).toHaveTextContent('Away');
  });
});
