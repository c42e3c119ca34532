import type { Schema } from '@/lib/api';
import type { Permission } from '@/lib/me';

const ALL: Permission[] = [
  'search:read', 'search:write', 'search:manage', 'analytics:read', 'analytics:export', 'profile:read', 'profile:update',
  'user:read', 'user:create', 'user:update', 'user:delete', 'tenant:read', 'tenant:update', 'tenant:create',
  'tenant:delete', 'admin:access', 'audit:read', 'system:manage',
];

/** Ada, who may do everything unless it is said what she may. */
export function me(permissions: Permission[] = ALL): Schema<'Me'> {
  return {
    user_id: '00000000-0000-7000-8000-000000000001',
    username: 'ada',
    role: 'super_admin',
    is_admin: true,
    tenant_id: '00000000-0000-7000-8000-00000000000a',
    session_id: '00000000-0000-7000-8000-0000000000ff',
    permissions,
  };
}

export function workspaces(): Schema<'MyWorkspaces'> {
  return {
    workspaces: [
      { id: '00000000-0000-7000-8000-00000000000a', name: 'Analytical Engines', role: 'super_admin', joined_at: '2026-01-01T00:00:00Z', is_current: true },
    ],
  };
}
