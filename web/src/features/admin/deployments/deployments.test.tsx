import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';

import type { Schema } from '@/lib/api';
import { open } from '@/testing/render';
import { answer, refuse, respond, server } from '@/testing/server';

const release = (image: string): Schema<'DeployedRelease'> => ({ deploy: `release-${image}`, image, digest: `sha256:${image.padEnd(64, '0')}`, committed_at: '2026-11-26T12:03:00Z' });

const deployment = (change: Partial<Schema<'Deployment'>> = {}): Schema<'Deployment'> => ({
  deploy: 'd2', kind: 'deploy', by: 'ada', image: 'pake:2', from: 'sha256:aaaaaaaaaaaaaaaa', to: 'sha256:bbbbbbbbbbbbbbbb',
  settings: ['+PAKE_A', '-PAKE_B', '~PAKE_C', 'odd'], migrations: ['13 tags'], began: '2026-11-26T12:00:00Z', last: '2026-11-26T12:03:00Z', outcome: 'committed', reason: null,
  steps: [{ step: 'preflight', phase: 'done', took_ms: 1200 }, { step: 'ready', phase: 'failed', took_ms: 60_000, why: 'the last answer: 503' }, { step: 'unheard_of', phase: 'intent' }],
  ...change,
});

const all = (change: Partial<Schema<'Deployments'>> = {}): Schema<'Deployments'> => ({ is_set_up: true, current: release('pake:2'), back_to: release('pake:1'), asked: null, refused: null, deployments: [deployment()], ...change });

describe('deployments', () => {
  it('says so where nobody has deployed', async () => {
    server.use(answer('get', '/api/v1/admin/deployments', all({ is_set_up: false, current: null, back_to: null, deployments: [] })));
    await open('/admin/deployments');
    expect(await screen.findByText('Nothing was deployed yet')).toBeInTheDocument();
    expect(screen.getByText(/server.deployments_dir/)).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Roll back' })).not.toBeInTheDocument();
  });

  it('tells who deployed what, how it went, and what it changed', async () => {
    server.use(answer('get', '/api/v1/admin/deployments', all({ deployments: [deployment({ deploy: 'd3', outcome: 'rolled_back', reason: 'the last answer: 503', by: null }), deployment(), deployment({ deploy: 'd1', kind: 'restart', from: 'sha256:b', to: 'sha256:b', outcome: 'novel' })] })));
    const { user } = await open('/admin/deployments');
    const rows = within(await screen.findByRole('table', { name: 'Deployments' })).getAllByRole('row');
    expect(rows).toHaveLength(4);
    expect(rows[1]).toHaveTextContent(/went back.*the last answer: 503/);
    expect(rows[2]).toHaveTextContent(/pake:2deployment.*aaaaaaaaaaaa → bbbbbbbbbbbb.*done.*ada.*180 sec/);
    expect(rows[3]).toHaveTextContent(/started anew.*the same.*novel/);
    await user.click(within(rows[2]!).getByText('Steps and changes'));
    const steps = within(within(rows[2]!).getByRole('list', { name: 'Steps' })).getAllByRole('listitem');
    expect(steps.map((step) => step.textContent)).toEqual(['Look whether everything is fit1.2 sec', 'Wait until it is ready60 secthe last answer: 503', 'unheard_of']);
    const settings = within(within(rows[2]!).getByRole('list', { name: 'Settings' })).getAllByRole('listitem');
    expect(settings.map((setting) => setting.textContent)).toEqual(['PAKE_A new', 'PAKE_B gone', 'PAKE_C changed', 'odd ']);
    expect(within(rows[2]!).getByText('Database expanded: 13 tags')).toBeInTheDocument();
  });

  it('goes back when somebody shows that it is them', async () => {
    const bodies: unknown[] = [];
    server.use(
      answer('get', '/api/v1/admin/deployments', all()),
      respond('post', '/api/v1/admin/deployments/rollback', async ({ request }) => {
        bodies.push(await request.json());
        server.use(answer('get', '/api/v1/admin/deployments', all({ asked: { id: 'r', release: 'release-pake:1', by: 'ada', at: '2026-11-26T13:00:00Z' } })));
        return HttpResponse.json({ id: 'r', release: 'release-pake:1', by: 'ada', at: '2026-11-26T13:00:00Z' }, { status: 202 });
      }),
    );
    const { user } = await open('/admin/deployments');
    await user.click(await screen.findByRole('button', { name: 'Roll back' }));
    const dialog = await screen.findByRole('dialog', { name: 'Go back to the release before?' });
    expect(dialog).toHaveTextContent(/from pake:2 .* to pake:1/i);
    await user.type(within(dialog).getByLabelText(/Your password/), 'correct horse');
    await user.click(within(dialog).getByRole('button', { name: 'Go back' }));
    await waitFor(() => expect(bodies).toEqual([{ release: 'release-pake:1', password: 'correct horse' }]));
    expect(await screen.findByText(/ada has asked to go back/)).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Roll back' })).not.toBeInTheDocument();
  });

  it('tells whoever asked that the deployer has refused, and why', async () => {
    const refused = { id: 'r', release: 'release-pake:1', by: 'ada', at: '2026-11-26T13:00:00Z', why: 'the release is not the one that is gone back to any more: look again' };
    server.use(answer('get', '/api/v1/admin/deployments', all({ refused })));
    await open('/admin/deployments');
    expect(await screen.findByText(/The way back that ada asked for was refused: the release is not the one/)).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Roll back' })).toBeInTheDocument();
  });

  it('says that the password is wrong where it was typed', async () => {
    server.use(
      answer('get', '/api/v1/admin/deployments', all()),
      refuse('post', '/api/v1/admin/deployments/rollback', 400, { details: { parameter: 'password' } }),
    );
    const { user } = await open('/admin/deployments');
    await user.click(await screen.findByRole('button', { name: 'Roll back' }));
    const dialog = await screen.findByRole('dialog');
    await user.type(within(dialog).getByLabelText(/Your password/), 'wrong');
    await user.click(within(dialog).getByRole('button', { name: 'Go back' }));
    expect(await within(dialog).findByText('This is not your password')).toBeInTheDocument();
  });

  it('offers no way back while a deployment is under way or stands still', async () => {
    server.use(answer('get', '/api/v1/admin/deployments', all({ deployments: [deployment({ outcome: 'halted', reason: 'both are ill' })] })));
    await open('/admin/deployments');
    expect(await screen.findByText(/A deployment stands still/)).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Roll back' })).not.toBeInTheDocument();
  });

  it('says why it does not come', async () => {
    server.use(refuse('get', '/api/v1/admin/deployments', 503, { title: 'Away' }));
    await open('/admin/deployments');
    expect(await screen.findByRole('alert')).toHaveTextContent('Away');
  });
});
