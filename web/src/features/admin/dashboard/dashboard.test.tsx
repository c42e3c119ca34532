import { screen, waitFor } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import type { Schema } from '@/lib/api';
import { stream } from '@/lib/stream';
import { me } from '@/testing/people';
import { open } from '@/testing/render';
import { answer, refuse, respond, server } from '@/testing/server';
import { FakeSocket } from '@/testing/socket';

const quality = { searches: 8, success_rate: 1, cache_hit_rate: 0.125, latency_ms: { p50: 400, p95: 900, p99: 990 } };
const requests = { by_session: 30, by_token: 7 };

function dashboard(): Schema<'Dashboard'> {
  const days = ['2026-11-25', '2026-11-26'].map((day) => ({ ...quality, day, active_users: 4, requests }));
  return {
    status: 'healthy', uptime_seconds: 51, version: '0.1.0', total_users: 6, enabled_users: 5,
    usage: { ...quality, since: '2026-11-20T00:00:00Z', tenant_id: null, active_users: 4, popular_sources: [], features: {}, requests, active_tokens: 0, days },
  };
}

function source(id: Schema<'SourceId'>, label: string, change: Partial<Schema<'SourceState'>>): Schema<'SourceState'> {
  const health: Schema<'SourceState'>['health'] = { state: 'closed', requests: 4, failures: 0, waiting: 0, spent_today_usd: 0 };
  return { id, label, description: 'papers', availability: 'ready', fresh_seconds: 60, stale_seconds: 60, health, ...change };
}

function health(connections: number): Schema<'AdminSystemHealth'> {
  return {
    status: 'degraded', uptime_seconds: 3600, cpu_usage: 4.9, memory_usage: null, memory_bytes: null, disk_usage: 85, active_connections: connections,
    cache_hit_rate: 0.5, avg_response_time: 0.0071, error_rate: 0.01, database_status: 'healthy', redis_status: 'off', websocket_status: 'healthy',
    health: { status: 'degraded', version: '0.1.0', timestamp: '2026-11-26T00:00:00Z', uptime_seconds: 3600, capabilities: [], components: { database: { status: 'healthy', detail: 'sqlite' }, queue: { status: 'degraded', detail: 'a job waits for 5 minutes' }, astrolabe: { status: 'off' } } },
    sources: [], queue: { waiting: 2, running: 1, late_seconds: 0 }, storage: { database_bytes: 872448, data_dir_bytes: 1, cache_bytes: 1, disk_free_bytes: 35_000_000_000 },
    versions: { pake: '0.1.0', database_kind: 'sqlite', database: '3.51.3', schema: 11 },
  };
}

const event: Schema<'SecurityEvent'> = { id: 'e1', event_type: 'failed_sign_in', severity: 'high', occurrences: 4, resolved: false, details: {}, timestamp: '2026-11-26T00:00:00Z', last_at: '2026-11-26T00:00:00Z' };
const job: Schema<'QueuedJob'> = { id: 'j1', kind: 'backup_database', status: 'running', is_cancel_wanted: false, attempts: 1, created_at: '2026-11-26T00:00:00Z', payload: {}, progress: { done: 0 } };

beforeEach(() => {
  vi.stubGlobal('WebSocket', FakeSocket);
  FakeSocket.all = [];
  server.use(
    answer('get', '/api/v1/admin/dashboard', dashboard()),
    answer('get', '/api/v1/admin/system/health', health(2)),
    answer('get', '/api/v1/sources', { sources: [source('arxiv', 'arXiv', {}), source('brave', 'Brave', { availability: 'needs_key' }), source('pubmed', 'PubMed', { health: { state: 'open', reason: 'it failed five times', next_attempt: '2026-11-26T00:00:00Z', requests: 1, failures: 5, waiting: 0, spent_today_usd: 0 } })] }),
    answer('get', '/api/v1/admin/security-events', { events: [event], next: null }),
    answer('get', '/api/v1/admin/jobs', { jobs: [job], next: null }),
  );
  return () => {
    stream.close();
    vi.unstubAllGlobals();
  };
});

const tile = async (name: string) => screen.findByRole('listitem', { name });

describe('the overview', () => {
  it('tells operators how the installation is now, its parts, and how it went', async () => {
    const { queryClient } = await open('/admin/dashboard');
    expect(await tile('Connections under way')).toHaveTextContent('2');
    expect(await tile('Mean answer time')).toHaveTextContent('7 ms');
    expect(await tile('Memory')).toHaveTextContent('–');
    expect(await tile('Jobs under way')).toHaveTextContent('31 running, 2 waiting');
    expect(screen.getByText('a job waits for 5 minutes')).toBeInTheDocument();
    expect(screen.getByText('astrolabe')).toBeInTheDocument();
    server.use(answer('get', '/api/v1/admin/system/health', health(9)));
    await queryClient.invalidateQueries({ queryKey: ['admin', 'live'] });
    expect(await screen.findByRole('img', { name: 'Connections under way: now 9, between 2 and 9 since this page was opened' })).toBeInTheDocument();
  });

  it('tells operators live what the server says over the socket, and asks by itself while that is away', async () => {
    const metrics = (change: Partial<Schema<'SystemMetrics'>>): Schema<'SystemMetrics'> => ({
      status: 'healthy', uptime_seconds: 60, window_seconds: 60, active_connections: 5, sockets: 3, requests_per_second: 1.26, p95_seconds: 0.048, error_rate: 0, active_users: 2, cache_hit_rate: null, cpu_usage: 12, memory_bytes: 64_000_000,
      components: { redis: { status: 'degraded', detail: 'Redis does not answer' } },
      sources: [{ id: 'arxiv', label: 'arXiv', availability: 'ready', health: { state: 'limited', reason: 'it asked us to wait', requests: 4, failures: 0, waiting: 0, spent_today_usd: 0 } }], ...change,
    });
    await open('/admin/dashboard');
    await screen.findByText('PubMed');
    FakeSocket.last.accept();
    expect(FakeSocket.last.sent).toContainEqual({ type: 'subscribe', data: { topics: ['system_metrics'] } });
    FakeSocket.last.tell({ type: 'system_metrics', data: metrics({}) });
    FakeSocket.last.tell({ type: 'system_metrics', data: metrics({ requests_per_second: 4 }) });
    expect(await screen.findByRole('img', { name: 'Requests a second: now 4, between 1.3 and 4 since this page was opened' })).toBeInTheDocument();
    expect(await tile('Answer time, 95 of 100')).toHaveTextContent('48 ms');
    expect(await tile('Active people')).toHaveTextContent('2last 15 minutes');
    expect(await tile('Cache hits')).toHaveTextContent('–');
    expect(screen.getByText('Redis does not answer')).toBeInTheDocument();
    expect(screen.getByText('it asked us to wait')).toBeInTheDocument();
    FakeSocket.last.drop();
    expect(await tile('Mean answer time')).toHaveTextContent('7 ms');
    expect(screen.getByText(/until the live connection stands/)).toBeInTheDocument();
  });

  it('tells how it was used, how the sources are, and what may have to be looked at', async () => {
    await open('/admin/dashboard');
    expect(await tile('People who searched')).toHaveTextContent('4of 5 who may sign in');
    expect(await tile('Search time, 95 of 100')).toHaveTextContent('900 ms');
    expect((await screen.findByText('PubMed')).closest('li')).toHaveTextContent('left aloneit failed five times');
    expect(screen.queryByText('Brave')).not.toBeInTheDocument();
    expect(await screen.findByText('Failed sign-in, 4 times')).toBeInTheDocument();
    expect((await screen.findByText('Back up the database')).closest('li')).toHaveTextContent('running');
  });

  it('shows a security event as soon as it happens', async () => {
    await open('/admin/dashboard');
    await screen.findByText('Failed sign-in, 4 times');
    server.use(answer('get', '/api/v1/admin/security-events', { events: [{ ...event, id: 'e2', event_type: 'refresh_token_reused', occurrences: 1 }, { ...event, id: 'e3', event_type: 'moon_fell_down' }], next: null }));
    FakeSocket.last.accept();
    FakeSocket.last.tell({ type: 'security_alert', data: event });
    expect(await screen.findByText('Session used by two')).toBeInTheDocument();
    expect(screen.getByText('moon_fell_down, 4 times')).toBeInTheDocument();
  });

  it('shows admins of a workspace what is theirs, and does not ask for more', async () => {
    let asked = 0;
    server.use(
      answer('get', '/api/v1/auth/me', me(['search:read', 'user:read', 'admin:access'])),
      respond('get', '/api/v1/admin/system/health', () => {
        asked += 1;
        return HttpResponse.json({}, { status: 403 });
      }),
    );
    await open('/admin/dashboard');
    expect(await tile('Searches')).toHaveTextContent('8');
    expect(screen.queryByRole('heading', { name: 'Now' })).not.toBeInTheDocument();
    expect(asked).toBe(0);
  });

  it('says of each part what did not come, and shows the rest', async () => {
    server.use(
      refuse('get', '/api/v1/admin/system/health', 503, { title: 'Health is away' }),
      refuse('get', '/api/v1/admin/security-events', 503, { title: 'Events are away' }),
      refuse('get', '/api/v1/admin/jobs', 503, { title: 'Jobs are away' }),
      refuse('get', '/api/v1/sources', 503, { title: 'Sources are away' }),
    );
    await open('/admin/dashboard');
    await waitFor(() => expect(screen.getAllByRole('alert').map((alert) => alert.textContent.split(' are')[0]?.split(' is')[0]).sort()).toEqual(['Events', 'Health', 'Jobs', 'Sources']));
    expect(await tile('Searches')).toBeInTheDocument();
  });

  it('says so when there is nothing to look at and nothing was searched', async () => {
    const nothing = { ...dashboard(), usage: { ...dashboard().usage, searches: 0, success_rate: null, cache_hit_rate: null, latency_ms: null, days: [] } };
    server.use(answer('get', '/api/v1/admin/dashboard', nothing), answer('get', '/api/v1/admin/security-events', { events: [] }), answer('get', '/api/v1/admin/jobs', { jobs: [] }));
    await open('/admin/dashboard');
    expect(await screen.findByText('Nothing is waiting to be dealt with')).toBeInTheDocument();
    expect(await screen.findByText('No jobs')).toBeInTheDocument();
    expect(await tile('With an answer')).toHaveTextContent('–');
  });
});

describe('the administration', () => {
  it('leads managers to the first section that is theirs, and shows them no other', async () => {
    server.use(answer('get', '/api/v1/auth/me', me(['search:read', 'user:read', 'user:update', 'analytics:read'])), answer('get', '/api/v1/admin/users', { users: [] }));
    const { router } = await open('/admin');
    expect(router.state.location.pathname).toBe('/admin/users');
    const sections = screen.getByRole('navigation', { name: 'Sections of the administration' });
    expect([...sections.querySelectorAll('a')].map((link) => link.textContent)).toEqual(['Users', 'Invitations', 'Sources', 'Use']);
  });
});
