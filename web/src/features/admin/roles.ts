import type { Schema } from '@/lib/api';

export type Role = Schema<'Role'>;

/** Each may all that the one before it may. */
export const ROLES = ['viewer', 'user', 'manager', 'admin', 'super_admin'] as const satisfies readonly Role[];

/** What a text names; the least of them where it names none. */
export const roleNamed = (text: string): Role => ROLES.find((role) => role === text) ?? 'viewer';

/** Roles that somebody with this one may give away: none that is more, and nobody is made one who operates the installation. */
export function mayGive(own: Role = 'viewer'): Role[] {
  const highest = ROLES.indexOf(own);
  return ROLES.filter((role, place) => role !== 'super_admin' && place <= highest);
}
