import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';

import type { Schema } from '@/lib/api';
import { open } from '@/testing/render';
import { answer, refuse, respond, server } from '@/testing/server';

const job = (change: Partial<Schema<'QueuedJob'>>): Schema<'QueuedJob'> => ({ id: 'j1', kind: 'backup_database', status: 'running', is_cancel_wanted: false, attempts: 1, created_at: '2026-11-26T00:00:00Z', payload: {}, progress: { done: 1, total: 2, step: 'checking' }, ...change });

let bodies: Schema<'Maintenance'>[] = [];
beforeEach(() => {
  bodies = [];
  server.use(
    answer('get', '/api/v1/admin/retention/preview', { searches: 12, people: 3 }),
    respond('post', '/api/v1/admin/maintenance', async ({ request }) => {
      const body = (await request.json()) as Schema<'Maintenance'>;
      bodies.push(body);
      return HttpResponse.json({ success: true, action: body.action, job_id: 'j1' }, { status: 202 });
    }),
  );
});

describe('maintenance', () => {
  it('is begun, and followed until it is done', async () => {
    server.use(answer('get', '/api/v1/admin/jobs/{id}', job({})));
    const { user } = await open('/admin/maintenance');
    await user.click(await screen.findByRole('button', { name: 'Begin: Back up the database' }));
    const progress = await screen.findByRole('status', { name: 'Progress' });
    expect(progress).toHaveTextContent('running1 of 2: checking');
    server.use(answer('get', '/api/v1/admin/jobs/{id}', job({ status: 'done', result: { file: 'backups/pake.db' } as never })));
    await waitFor(() => expect(progress).toHaveTextContent('donefilebackups/pake.db'), { timeout: 3000 });
    expect(bodies).toEqual([{ action: 'backup_database' }]);
  });

  it('tells why it failed', async () => {
    server.use(answer('get', '/api/v1/admin/jobs/{id}', job({ status: 'failed', error: 'no room is left' })));
    const { user } = await open('/admin/maintenance');
    await user.click(await screen.findByRole('button', { name: 'Begin: Clear the cache' }));
    expect(await screen.findByText('no room is left')).toBeInTheDocument();
  });

  it('counts old searches before anybody deletes them', async () => {
    server.use(answer('get', '/api/v1/admin/jobs/{id}', job({ status: 'done', result: { searches: 41, people: 2 } as never })));
    const { user } = await open('/admin/maintenance');
    expect(await screen.findByText(/12 searches of 3 people go with the next hourly run/)).toBeInTheDocument();
    const days = screen.getByLabelText('Older than (days)');
    await user.clear(days);
    await user.type(days, '99999');
    expect(screen.getByText('0 to 36,500')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Delete' })).toBeDisabled();
    await user.clear(days);
    await user.type(days, '90');
    await user.click(screen.getByRole('button', { name: 'Only count' }));
    expect(await screen.findByText('41')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Delete' }));
    const dialog = await screen.findByRole('dialog', { name: 'Delete searches older than 90 days?' });
    await user.click(within(dialog).getByRole('button', { name: 'Delete' }));
    await waitFor(() => expect(bodies).toEqual([{ action: 'cleanup_old_data', days: 90, dry_run: true }, { action: 'cleanup_old_data', days: 90, dry_run: false }]));
  });

  it('says why it cannot be begun', async () => {
    server.use(refuse('post', '/api/v1/admin/maintenance', 503, { title: 'The queue is away' }));
    const { user } = await open('/admin/maintenance');
    await user.click(await screen.findByRole('button', { name: 'Begin: Rebuild the indexes' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('The queue is away');
  });

  it('says why the job cannot be followed', async () => {
    server.use(refuse('get', '/api/v1/admin/jobs/{id}', 404, { title: 'No such job' }));
    const { user } = await open('/admin/maintenance');
    await user.click(await screen.findByRole('button', { name: 'Begin: Clear the cache' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('No such job');
  });
});

describe('a word to everybody', () => {
  it('is said, and it is told how many hear it', async () => {
    const said: unknown[] = [];
    server.use(
      respond('post', '/api/v1/announcements', async ({ request }) => {
        said.push(await request.json());
        return HttpResponse.json({ sockets: 4 }, { status: 202 });
      }),
    );
    const { user } = await open('/admin/maintenance');
    await user.type(await screen.findByLabelText(/Message/), ' Back at noon. ');
    await user.selectOptions(screen.getByLabelText('How much it matters'), 'Warning');
    await user.click(screen.getByRole('button', { name: 'Tell' }));
    expect(await screen.findByText('Told to 4 open connections')).toBeInTheDocument();
    expect(said).toEqual([{ message: 'Back at noon.', level: 'warning' }]);
    expect(screen.getByLabelText(/Message/)).toHaveValue('');
  });

  it('stays where it was written when it could not be said', async () => {
    server.use(refuse('post', '/api/v1/announcements', 429, { title: 'Too many' }));
    const { user } = await open('/admin/maintenance');
    await user.type(await screen.findByLabelText(/Message/), 'Soon.');
    await user.click(screen.getByRole('button', { name: 'Tell' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('Too many');
    expect(screen.getByLabelText(/Message/)).toHaveValue('Soon.');
  });
});
