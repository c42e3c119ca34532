import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { stream } from '@/lib/stream';
import { me } from '@/testing/people';
import { open } from '@/testing/render';
import { answer, done, refuse, respond, server } from '@/testing/server';
import { FakeSocket } from '@/testing/socket';

const save = vi.hoisted(() => vi.fn());
vi.mock('@/lib/save-file', () => ({ saveFile: save }));

const ID = '00000000-0000-7000-8000-00000000000e';
const archive = { id: ID, status: 'waiting', bytes: 0, created_at: '2026-11-26T00:00:00Z', expires_at: null };
const preferences = {
  auto_save_searches: true,
  default_sources: null,
  notification_settings: { email_digest: false, search_alerts: false, weekly_summary: false },
  preferred_result_format: 'detailed',
  privacy_settings: { anonymous_analytics: true, share_popular_searches: false, retention_opt_out: false },
  search_history_retention_days: 365,
  effective_retention_days: 365,
};

beforeEach(() => {
  vi.stubGlobal('WebSocket', FakeSocket);
  server.use(answer('get', '/api/v1/user/preferences', preferences), answer('get', '/api/v1/user/export', { exports: [] }), answer('get', '/api/v1/user/delete', {}));
});
afterEach(() => {
  stream.close();
  vi.unstubAllGlobals();
});

it('what others may know is chosen', async () => {
  let sent: typeof preferences | undefined;
  server.use(
    respond('put', '/api/v1/user/preferences', async ({ request }) => {
      sent = (await request.json()) as typeof preferences;
      return HttpResponse.json({ ...sent, effective_retention_days: 0 });
    }),
  );
  const { user } = await open('/account/privacy');
  await user.click(await screen.findByRole('switch', { name: /^Keep no history of mine/ }));
  await waitFor(() => expect(screen.getByRole('switch', { name: /^Keep no history of mine/ })).toBeChecked());
  expect(sent?.privacy_settings).toEqual({ anonymous_analytics: true, share_popular_searches: false, retention_opt_out: true });
});

describe('the archive', () => {
  it('is asked for, watched until it is ready, and downloaded once', async () => {
    server.use(
      respond('post', '/api/v1/user/export', () => {
        server.use(answer('get', '/api/v1/user/export', { exports: [archive] }));
        return HttpResponse.json(archive, { status: 202 });
      }),
    );
    const { user } = await open('/account/privacy');
    await user.click(await screen.findByRole('button', { name: 'Ask for an archive' }));
    expect(await screen.findByText('Being made …')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Ask for an archive' })).toBeDisabled();
    server.use(answer('get', '/api/v1/user/export', { exports: [{ ...archive, status: 'ready', bytes: 12_000, expires_at: '2026-11-27T00:00:00Z', download: `/api/v1/user/export/${ID}` }] }));
    const take = await screen.findByRole('button', { name: 'Download' }, { timeout: 4000 });
    expect(screen.getByText('12 kB')).toBeInTheDocument();
    server.use(
      respond('get', '/api/v1/user/export/{id}', () => {
        server.use(answer('get', '/api/v1/user/export', { exports: [{ ...archive, status: 'taken' }] }));
        return new HttpResponse('PK', { headers: { 'content-disposition': 'attachment; filename="pake-export-2026-11-26.zip"' } });
      }),
    );
    await user.click(take);
    expect(await screen.findByText('Taken')).toBeInTheDocument();
    expect(save).toHaveBeenCalledWith(expect.objectContaining({ name: 'pake-export-2026-11-26.zip' }));
  });

  it('says when it cannot be taken or asked for', async () => {
    server.use(
      answer('get', '/api/v1/user/export', { exports: [{ ...archive, status: 'ready', download: `/api/v1/user/export/${ID}` }] }),
      refuse('get', '/api/v1/user/export/{id}', 410, { detail: 'it was taken already' }),
      refuse('post', '/api/v1/user/export', 409, { detail: 'one is being made' }),
    );
    const { user } = await open('/account/privacy');
    await user.click(await screen.findByRole('button', { name: 'Download' }));
    expect(await screen.findByText('It was taken already.')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Ask for an archive' }));
    expect(await screen.findByText('One is being made.')).toBeInTheDocument();
  });
});

describe('the end of the account', () => {
  it('is asked for with its name to the letter, and can be taken back', async () => {
    const due = '2026-12-10T00:00:00Z';
    server.use(refuse('post', '/api/v1/user/delete', 400, { details: { parameter: 'confirm' } }));
    const { user } = await open('/account/privacy');
    await user.click(await screen.findByRole('button', { name: 'Delete my account' }));
    await user.type(await screen.findByLabelText('To confirm, type ada'), 'Ada');
    await user.type(screen.getByLabelText('Your password'), 'correct horse');
    await user.click(screen.getByRole('button', { name: 'Delete it' }));
    expect(await screen.findByText(/not the name that you sign in with/)).toBeInTheDocument();
    server.use(answer('post', '/api/v1/user/delete', { deletion_due_at: due }, 202), answer('get', '/api/v1/user/delete', { deletion_due_at: due }));
    await user.click(screen.getByRole('button', { name: 'Delete it' }));
    expect(await screen.findByText('Your account is deleted on Dec 10, 2026.')).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Delete my account' })).not.toBeInTheDocument();
    server.use(done('post', '/api/v1/user/delete/cancel'), answer('get', '/api/v1/user/delete', {}));
    await user.click(screen.getByRole('button', { name: 'Keep my account' }));
    expect(await screen.findByRole('button', { name: 'Delete my account' })).toBeInTheDocument();
  });

  it('is refused to the last admin of others, with the reason', async () => {
    server.use(refuse('post', '/api/v1/user/delete', 409, { detail: 'the workspace “Lab” has others in it and no other admin: make one first' }));
    const { user } = await open('/account/privacy');
    await user.click(await screen.findByRole('button', { name: 'Delete my account' }));
    await user.type(await screen.findByLabelText('To confirm, type ada'), 'ada');
    await user.click(screen.getByRole('button', { name: 'Delete it' }));
    expect(await within(screen.getByRole('dialog')).findByRole('alert')).toHaveTextContent('no other admin');
  });

  it('is nothing that somebody without an account could ask for', async () => {
    server.use(answer('get', '/api/v1/auth/me', { ...me(), session_id: null }));
    await open('/account/privacy');
    expect(await screen.findByText(/There are no accounts here/)).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Delete my account' })).not.toBeInTheDocument();
  });
});
