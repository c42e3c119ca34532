import type { Schema } from '@/lib/api';

/** Each may all that the one before it may. */
export const ROLES = ['viewer', 'user', 'manager', 'admin', 'super_admin'] as const;
export type Role = (typeof ROLES)[number];

type Documented = Schema<'Role'>;

/** The server writes `super_admin` where its document says `SuperAdmin`; this is what it writes. */
export const roleOf = (documented: string) => documented as Role;
export const asDocumented = (role: string) => role as Documented;

/** Roles that somebody with this one may give away: none that is more, and nobody is made one who operates the installation. */
export function mayGive(own: string | undefined): Role[] {
  const highest = ROLES.indexOf(roleOf(own ?? 'viewer'));
  return ROLES.filter((role, place) => role !== 'super_admin' && place <= highest);
}
