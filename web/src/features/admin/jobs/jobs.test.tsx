import { screen, waitFor } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';

import type { Schema } from '@/lib/api';
import { open } from '@/testing/render';
import { answer, refuse, respond, server } from '@/testing/server';

function job(change: Partial<Schema<'QueuedJob'>>): Schema<'QueuedJob'> {
  return { id: 'j1', kind: 'clear_cache', status: 'done', is_cancel_wanted: false, attempts: 1, created_at: '2026-11-26T00:00:00Z', payload: {}, progress: { done: 0 }, ...change };
}

describe('jobs', () => {
  it('tell what they are, how far, for whom and what came of it', async () => {
    server.use(
      answer('get', '/api/v1/admin/jobs', {
        jobs: [
          job({ id: 'a', kind: 'rebuild_indexes', status: 'running', progress: { done: 11, total: 32, step: 'searches' }, user_id: 'ada-id', started_at: '2026-11-26T00:00:00Z' }),
          job({ id: 'b', kind: 'backup_database', payload: { deep: { a: 1 } } as never, result: { file: 'backups/pake.db' } as never, started_at: '2026-11-26T00:00:00Z', finished_at: '2026-11-26T00:00:02Z' }),
          job({ id: 'c', kind: 'of_tomorrow', status: 'failed', error: 'no room is left' }),
          job({ id: 'd', status: 'running', is_cancel_wanted: true, progress: { done: 4 } }),
          job({ id: 'e', status: 'waiting', run_at: '2999-01-01T00:00:00Z' }),
        ],
      }),
      answer('get', '/api/v1/admin/users', { users: [{ id: 'ada-id', username: 'ada', name: 'Ada', role: 'admin', is_active: true, created_at: '2026-01-01T00:00:00Z' }] }),
    );
    await open('/admin/jobs');
    const running = await screen.findByRole('row', { name: /Rebuild the indexes/ });
    await waitFor(() => expect(running).toHaveTextContent('running11 of 32: searchesada'));
    expect(screen.getByRole('progressbar', { name: 'Progress' })).toHaveAttribute('aria-valuenow', '34.375');
    expect(screen.getByRole('row', { name: /Back up the database/ })).toHaveTextContent('deep{"a":1}donefilebackups/pake.dbnobody known');
    expect(screen.getByRole('row', { name: /Back up the database/ })).toHaveTextContent('2 sec');
    expect(screen.getByRole('row', { name: /of_tomorrow failed no room is left/ })).toBeInTheDocument();
    expect(screen.getByRole('row', { name: /being cancelled 4 so far:/ })).toBeInTheDocument();
    expect(screen.getByRole('row', { name: /waiting/ })).toHaveTextContent(/due in \d+ years/);
  });

  it('are cancelled and tried again, and the list is as it is then', async () => {
    let status: Schema<'JobStatus'> = 'waiting';
    const told: string[] = [];
    const become = (next: Schema<'JobStatus'>) => () => {
      told.push(next);
      status = next;
      return HttpResponse.json(job({ status }), { status: 202 });
    };
    server.use(
      respond('get', '/api/v1/admin/jobs', () => HttpResponse.json({ jobs: [job({ status })] })),
      respond('post', '/api/v1/admin/jobs/{id}/cancel', become('cancelled')),
      respond('post', '/api/v1/admin/jobs/{id}/retry', become('done')),
      answer('get', '/api/v1/admin/users', { users: [] }),
    );
    const { user } = await open('/admin/jobs');
    await user.click(await screen.findByRole('button', { name: 'Cancel' }));
    await user.click(await screen.findByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('row', { name: /done/ })).toBeInTheDocument();
    expect(told).toEqual(['cancelled', 'done']);
  });

  it('say why they cannot be cancelled', async () => {
    server.use(
      answer('get', '/api/v1/admin/jobs', { jobs: [job({ status: 'running' })] }),
      refuse('post', '/api/v1/admin/jobs/{id}/cancel', 409, { title: 'It has ended' }),
      answer('get', '/api/v1/admin/users', { users: [] }),
    );
    const { user } = await open('/admin/jobs');
    await user.click(await screen.findByRole('button', { name: 'Cancel' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('It has ended');
  });

  it('are narrowed by state, work and person', async () => {
    const asked: string[] = [];
    server.use(
      respond('get', '/api/v1/admin/jobs', ({ request }) => {
        asked.push(new URL(request.url).search);
        return HttpResponse.json({ jobs: [] });
      }),
      answer('get', '/api/v1/admin/users', { users: [] }),
    );
    const { user } = await open('/admin/jobs?user=0000-1234abcd');
    expect(await screen.findByText('No jobs')).toBeInTheDocument();
    expect(screen.getByLabelText('For')).toHaveDisplayValue('person …1234abcd');
    await user.selectOptions(screen.getByLabelText('State'), 'failed');
    await user.selectOptions(screen.getByLabelText('Work'), 'Personal archive');
    await waitFor(() => expect(asked.at(-1)).toBe('?status=failed&kind=export_person&user_id=0000-1234abcd'));
  });
});
