import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';

import type { Schema } from '@/lib/api';
import type { paths } from '@/lib/schema.gen';
import { me, workspaces } from '@/testing/people';
import { open } from '@/testing/render';
import { answer, done, refuse, respond, server } from '@/testing/server';

const ID = '00000000-0000-7000-8000-00000000000a';
const OTHER = '00000000-0000-7000-8000-00000000000b';

const view = (settings: Partial<Schema<'WorkspaceSettings'>> = {}): Schema<'WorkspaceView'> => ({
  id: ID, name: 'Analytical Engines', created_at: '2026-01-01T00:00:00Z', settings: { invites_from: 'admin', default_sources: null, search_history_retention_days: null, limits: null, ...settings },
});
const member = (id: string, username: string, role: string): Schema<'MemberView'> => ({ user_id: id, username, name: username, role: role as never, is_active: true, joined_at: '2026-01-01T00:00:00Z' });
const members = () => [member(me().user_id, 'ada', 'admin'), member('m1', 'mary', 'user'), member('m2', 'zed', 'super_admin')];

/** Keeps the bodies of what is changed. */
function kept(method: 'put' | 'delete' | 'post', path: keyof paths, answered: object | null = view()) {
  const bodies: unknown[] = [];
  server.use(
    respond(method, path as never, async ({ request }) => {
      const text = await request.text();
      bodies.push(text === '' ? null : JSON.parse(text));
      return answered === null ? new HttpResponse(null, { status: 204 }) : HttpResponse.json(answered);
    }),
  );
  return bodies;
}

beforeEach(() => {
  server.use(
    answer('get', '/api/v1/workspaces/{id}', view()),
    answer('get', '/api/v1/workspaces/{id}/members', { members: members() }),
    answer('get', '/api/v1/admin/users', { users: [] }),
    answer('get', '/api/v1/sources', { sources: [{ id: 'arxiv', label: 'arXiv', description: '', availability: 'ready', fresh_seconds: 1, stale_seconds: 1, health: { state: 'closed', requests: 0, failures: 0, waiting: 0, spent_today_usd: 0 } }] }),
  );
});

describe('the workspaces', () => {
  it('are listed, entered and made', async () => {
    const mine = workspaces().workspaces;
    server.use(answer('get', '/api/v1/workspaces', { workspaces: [...mine, { ...mine[0]!, id: OTHER, name: 'Bletchley', is_current: false }] }));
    const entered = kept('post', '/api/v1/workspaces/{id}/enter', {});
    const made = kept('post', '/api/v1/workspaces', { ...view(), id: OTHER });
    const { user, router } = await open('/admin/workspaces');
    expect(await screen.findByRole('row', { name: /Analytical Engines/ })).toHaveTextContent('you are here');
    await user.click(within(screen.getByRole('row', { name: /Bletchley/ })).getByRole('button', { name: 'Enter' }));
    expect(await screen.findByText('You are in Bletchley now')).toBeInTheDocument();
    expect(entered).toHaveLength(1);
    await user.type(await screen.findByLabelText(/Name/), ' Dollis Hill {Enter}');
    await waitFor(() => expect(router.state.location.pathname).toBe(`/admin/workspaces/${OTHER}`));
    expect(made).toEqual([{ name: 'Dollis Hill' }]);
  });

  it('are not made by whoever may not, and say what goes wrong', async () => {
    server.use(answer('get', '/api/v1/auth/me', me(['tenant:read', 'admin:access'])), refuse('post', '/api/v1/workspaces/{id}/enter', 403, { title: 'Not yours' }));
    const mine = workspaces().workspaces;
    server.use(answer('get', '/api/v1/workspaces', { workspaces: [{ ...mine[0]!, is_current: false }] }));
    const { user } = await open('/admin/workspaces');
    await user.click(await screen.findByRole('button', { name: 'Enter' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('Not yours');
    expect(screen.queryByRole('heading', { name: 'Make a workspace' })).not.toBeInTheDocument();
  });
});

describe('one workspace', () => {
  it('shows its members; roles are changed where they are shown, of those who may be changed', async () => {
    const changed = kept('put', '/api/v1/workspaces/{id}/members/{user}', member('m1', 'mary', 'manager'));
    const { user } = await open(`/admin/workspaces/${ID}`);
    const role = await screen.findByLabelText('Role of mary');
    expect(within(role).getAllByRole('option').map((option) => option.textContent)).toEqual(['Viewer', 'User', 'Manager', 'Admin']);
    await user.selectOptions(role, 'Manager');
    await waitFor(() => expect(changed).toEqual([{ role: 'manager' }]));
    for (const name of ['Role of ada', 'Role of zed']) expect(screen.queryByLabelText(name)).not.toBeInTheDocument();
  });

  it('keeps its last admin: what the server says is shown beside the role', async () => {
    server.use(refuse('put', '/api/v1/workspaces/{id}/members/{user}', 409, { title: 'Conflict', detail: 'a workspace needs an admin' }));
    const { user } = await open(`/admin/workspaces/${ID}`);
    await user.selectOptions(await screen.findByLabelText('Role of mary'), 'Viewer');
    expect(await screen.findByRole('alert')).toHaveTextContent('a workspace needs an admin');
  });

  it('takes somebody out', async () => {
    const removed = kept('delete', '/api/v1/workspaces/{id}/members/{user}', null);
    const { user } = await open(`/admin/workspaces/${ID}`);
    await user.click(within(await screen.findByRole('row', { name: /mary/ })).getByRole('button', { name: 'Take out' }));
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Take out' }));
    await waitFor(() => expect(removed).toHaveLength(1));
  });

  it('is renamed', async () => {
    const named = kept('put', '/api/v1/workspaces/{id}');
    const { user } = await open(`/admin/workspaces/${ID}`);
    await user.click(await screen.findByRole('button', { name: 'Rename' }));
    const dialog = await screen.findByRole('dialog');
    await user.clear(within(dialog).getByLabelText(/Name/));
    await user.type(within(dialog).getByLabelText(/Name/), 'Difference Engines{Enter}');
    await waitFor(() => expect(named).toEqual([{ name: 'Difference Engines' }]));
  });

  it('is set up: what is empty is as the configuration says', async () => {
    server.use(answer('get', '/api/v1/workspaces/{id}', view({ search_history_retention_days: 90, default_sources: ['arxiv'], limits: { search: { rate: 2, burst: 5 }, read: null, write: null, export: null, mail: null } })));
    const saved = kept('put', '/api/v1/workspaces/{id}/settings');
    const { user } = await open(`/admin/workspaces/${ID}`);
    const days = await screen.findByLabelText('Days that searches are kept');
    expect(days).toHaveValue(90);
    await user.clear(days);
    await user.click(await screen.findByRole('checkbox', { name: 'arXiv' }));
    await user.selectOptions(screen.getByLabelText('Who may invite'), 'Managers and admins');
    await user.type(screen.getByLabelText('Mails, a second'), '0.5');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(saved).toEqual([]);
    expect(screen.getByText('Say both')).toBeInTheDocument();
    await user.type(screen.getByLabelText('Mails, at once'), '3');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    const nothing = { read: null, write: null, export: null };
    await waitFor(() => expect(saved).toEqual([{ search_history_retention_days: null, default_sources: null, invites_from: 'manager', limits: { ...nothing, search: { rate: 2, burst: 5 }, mail: { rate: 0.5, burst: 3 } } }]));
  });

  it('is deleted only when its name is typed', async () => {
    const deleted = kept('delete', '/api/v1/workspaces/{id}', null);
    const { user, router } = await open(`/admin/workspaces/${ID}`);
    await user.click(await screen.findByRole('button', { name: 'Delete' }));
    const dialog = await screen.findByRole('dialog');
    expect(within(dialog).getByRole('button', { name: 'Delete' })).toBeDisabled();
    await user.type(within(dialog).getByLabelText(/Type/), 'Analytical Engines{Enter}');
    await waitFor(() => expect(router.state.location.pathname).toBe('/admin/workspaces'));
    expect(deleted).toEqual([{ confirm: 'Analytical Engines' }]);
  });

  it('shows no more than somebody may', async () => {
    server.use(answer('get', '/api/v1/auth/me', me(['tenant:read', 'user:read'])), done('delete', '/api/v1/workspaces/{id}'));
    await open(`/admin/workspaces/${ID}`);
    expect(await screen.findByRole('row', { name: /mary/ })).toHaveTextContent('User');
    expect(screen.queryByRole('button', { name: /Rename|Take out|Save|Delete/ })).not.toBeInTheDocument();
  });

  it('is not there: what the server says is shown', async () => {
    server.use(refuse('get', '/api/v1/workspaces/{id}', 404, { title: 'No such workspace' }));
    await open(`/admin/workspaces/${ID}`);
    expect(await screen.findByRole('alert')).toHaveTextContent('No such workspace');
  });
});
