import type { Schema } from '@/lib/api';
import type { Permission } from '@/lib/me';

import { ROLES } from '../roles';

export type Action = Schema<'UserAction'>;
type User = Schema<'AdminUserDetail'>;
type Me = Schema<'Me'>;

type Rule = {
  action: Action;
  needs: Permission;
  /** Whether it takes something away. */
  isDanger: boolean;
  /** Whether their name has to be typed first. */
  isFinal?: boolean;
  /** Whether nobody does it to themselves. */
  isForOthers?: boolean;
  suits: (user: User) => boolean;
};

/** THE TABLE of what can be done to somebody: who may, and when it makes sense. The server decides; this is what is offered. */
const RULES: Rule[] = [
  { action: 'activate', needs: 'user:update', isDanger: false, suits: (user) => !user.is_active },
  { action: 'deactivate', needs: 'user:update', isDanger: true, isForOthers: true, suits: (user) => user.is_active },
  { action: 'promote_admin', needs: 'tenant:update', isDanger: false, suits: (user) => ROLES.indexOf(user.role) < ROLES.indexOf('admin') },
  { action: 'demote_admin', needs: 'tenant:update', isDanger: true, isForOthers: true, suits: (user) => ROLES.indexOf(user.role) >= ROLES.indexOf('admin') },
  { action: 'reset_password', needs: 'user:update', isDanger: false, suits: (user) => user.is_active },
  { action: 'clear_history', needs: 'search:manage', isDanger: true, isFinal: true, suits: () => true },
  { action: 'delete_user', needs: 'user:delete', isDanger: true, isFinal: true, isForOthers: true, suits: () => true },
];

/** What whoever sits here may do to somebody. */
export function offered(me: Me | undefined, user: User): Rule[] {
  if (!me) return [];
  const mayAll = me.role === 'super_admin';
  const isLess = ROLES.indexOf(user.role) < ROLES.indexOf(me.role);
  if (!mayAll && !isLess) return [];
  return RULES.filter(
    (rule) => me.permissions.includes(rule.needs) && rule.suits(user) && !(rule.isForOthers === true && me.user_id === user.id),
  );
}
