import { screen, waitFor } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import type { Schema } from '@/lib/api';
import { stream } from '@/lib/stream';
import { open } from '@/testing/render';
import { answer, refuse, respond, server } from '@/testing/server';
import { FakeSocket } from '@/testing/socket';

const event: Schema<'SecurityEvent'> = {
  id: 'e1', event_type: 'account_locked', severity: 'medium', occurrences: 1200, resolved: false, user_id: null, ip_address: '192.0.2.7', user_agent: 'curl/8.0',
  details: { about: { wrong: 'password' } } as never, timestamp: '2026-11-26T00:00:00Z', last_at: '2026-11-26T00:00:00Z',
};

beforeEach(() => {
  vi.stubGlobal('WebSocket', FakeSocket);
  server.use(answer('get', '/api/v1/admin/users', { users: [] }));
  return () => {
    stream.close();
    vi.unstubAllGlobals();
  };
});

describe('security events', () => {
  it('tell what happened, how often and from where; hostile words stay words', async () => {
    server.use(answer('get', '/api/v1/admin/security-events', { events: [{ ...event, user_agent: '<img src=x onerror=alert(1)>', details: { about: '<script>' } as never }] }));
    await open('/admin/security-events');
    const row = await screen.findByRole('row', { name: /Account locked after failed sign-ins/ });
    expect(row).toHaveTextContent('about<script>');
    expect(row).toHaveTextContent('192.0.2.7<img src=x onerror=alert(1)>');
    expect(row).toHaveTextContent('1,200');
    expect(document.querySelector('img[src="x"]')).toBeNull();
  });

  it('are shown as they happen, and are dealt with', async () => {
    let events = [event];
    server.use(
      respond('get', '/api/v1/admin/security-events', () => HttpResponse.json({ events })),
      respond('post', '/api/v1/admin/security-events/{id}/resolve', ({ params }) => {
        events = events.map((each) => (each.id === params.id ? { ...each, resolved: true, resolved_at: '2026-11-26T00:01:00Z', resolved_by: 'x-12345678' } : each));
        return HttpResponse.json(events[0]);
      }),
    );
    const { user } = await open('/admin/security-events');
    await screen.findByRole('row', { name: /Account locked/ });
    events = [event, { ...event, id: 'e2', event_type: 'new_device' }];
    FakeSocket.last.accept();
    FakeSocket.last.tell({ type: 'security_alert', data: events[1] });
    expect(await screen.findByRole('row', { name: /Sign-in with a new device/ })).toBeInTheDocument();
    const [first] = screen.getAllByRole('button', { name: 'Mark as dealt with' });
    await user.click(first!);
    expect(await screen.findByRole('row', { name: /Account locked.* dealt with person …12345678/ })).toBeInTheDocument();
  });

  it('say why one cannot be dealt with', async () => {
    server.use(answer('get', '/api/v1/admin/security-events', { events: [event] }), refuse('post', '/api/v1/admin/security-events/{id}/resolve', 404, { title: 'No such event' }));
    const { user } = await open('/admin/security-events');
    await user.click(await screen.findByRole('button', { name: 'Mark as dealt with' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('No such event');
  });

  it('are narrowed by all that the address says', async () => {
    let asked = new URLSearchParams();
    server.use(
      respond('get', '/api/v1/admin/security-events', ({ request }) => {
        asked = new URL(request.url).searchParams;
        return HttpResponse.json({ events: [] });
      }),
    );
    const { user } = await open('/admin/security-events?type=of_tomorrow&from=2026-11-20&until=2026-11-21&user=u1&resolved=false');
    expect(await screen.findByText('No such events')).toBeInTheDocument();
    expect(screen.getByLabelText('What happened')).toHaveDisplayValue('of_tomorrow');
    const [from, until] = [new Date(asked.get('from')!), new Date(asked.get('until')!)];
    expect((until.getTime() - from.getTime()) / 86_400_000).toBe(2);
    expect([asked.get('event_type'), asked.get('user_id'), asked.get('resolved')]).toEqual(['of_tomorrow', 'u1', 'false']);
    await user.selectOptions(screen.getByLabelText('Severity'), 'high');
    await waitFor(() => expect(asked.get('severity')).toBe('high'));
  });
});
