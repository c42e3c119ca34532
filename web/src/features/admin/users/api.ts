import { api, take, type Schema } from '@/lib/api';

import { roleNamed } from '../roles';
import type { Filters } from '../use-filters';

const DAY = 86_400_000;

/** A time that stays the same for a minute: what is asked for again is the same question. */
function daysAgo(days: string): string {
  const now = Math.floor(Date.now() / 60_000) * 60_000;
  return new Date(now - Number(days) * DAY).toISOString();
}

export function askForUsers({ q, role, active, seen }: Filters, after?: string) {
  const query = {
    ...(q !== undefined && { q }),
    ...(role !== undefined && { role: roleNamed(role) }),
    ...(active !== undefined && { active: active === 'true' }),
    ...(seen !== undefined && /^\d+$/.test(seen) && { seen_since: daysAgo(seen) }),
    ...(after !== undefined && { after }),
  };
  return take(api.GET('/api/v1/admin/users', { params: { query } }));
}

export function askForUser(id: string) {
  return take(api.GET('/api/v1/admin/users/{id}', { params: { path: { id } } }));
}

export function actOnUser(id: string, body: Schema<'WantedAction'>) {
  return take(api.POST('/api/v1/admin/users/{id}/action', { params: { path: { id } }, body }));
}

export function endSession(id: string) {
  return take(api.DELETE('/api/v1/admin/sessions/{id}', { params: { path: { id } } }));
}
