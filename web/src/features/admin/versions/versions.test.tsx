import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';

import type { Schema } from '@/lib/api';
import { open } from '@/testing/render';
import { answer, refuse, server } from '@/testing/server';

const health: Schema<'AdminSystemHealth'> = {
  status: 'healthy', uptime_seconds: 90_000, active_connections: 1, database_status: 'healthy', redis_status: 'off', websocket_status: 'healthy',
  health: { status: 'healthy', version: '0.1.0', timestamp: '2026-11-26T00:00:00Z', uptime_seconds: 90_000, capabilities: ['search', 'export'], components: {} },
  sources: [], queue: { waiting: 0, running: 0, late_seconds: 0 }, storage: { database_bytes: 872_448, data_dir_bytes: 3_283_277, cache_bytes: 980_865, disk_free_bytes: null },
  versions: { pake: '0.1.0', database_kind: 'sqlite', database: '3.51.3', schema: 11 },
};

it('tells what runs and how much is kept', async () => {
  server.use(answer('get', '/api/v1/admin/system/health', health));
  await open('/admin/versions');
  for (const said of ['0.1.0', '1 day', 'sqlite 3.51.3', 'migration 11', 'search and export', '872.4 kB', '3.3 MB', '–']) expect(await screen.findByText(said)).toBeInTheDocument();
});

it('says so when it does not come', async () => {
  server.use(refuse('get', '/api/v1/admin/system/health', 503, { title: 'Away' }));
  await open('/admin/versions');
  expect(await screen.findByRole('alert')).toHaveTextContent('Away');
});
