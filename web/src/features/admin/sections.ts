import type { LinkProps } from '@tanstack/react-router';

import type { Permission } from '@/lib/me';

/**
 * THE TABLE of sections: where each is, and what somebody must be allowed to see it. One more (backups, alerts) is a row
 * here, an address in routes/admin.ts and a folder beside this file.
 */
export const SECTIONS = [
  { key: 'dashboard', to: '/admin/dashboard', needs: 'admin:access' },
  { key: 'users', to: '/admin/users', needs: 'user:read' },
  { key: 'workspaces', to: '/admin/workspaces', needs: 'tenant:read' },
  { key: 'invitations', to: '/admin/invitations', needs: 'user:read' },
  { key: 'sources', to: '/admin/sources', needs: 'search:read' },
  { key: 'jobs', to: '/admin/jobs', needs: 'admin:access' },
  { key: 'audit', to: '/admin/audit', needs: 'audit:read' },
  { key: 'securityEvents', to: '/admin/security-events', needs: 'admin:access' },
  { key: 'sessions', to: '/admin/sessions', needs: 'admin:access' },
  { key: 'analytics', to: '/admin/analytics', needs: 'analytics:read' },
  { key: 'maintenance', to: '/admin/maintenance', needs: 'system:manage' },
  { key: 'configuration', to: '/admin/configuration', needs: 'system:manage' },
  { key: 'deployments', to: '/admin/deployments', needs: 'system:manage' },
  { key: 'versions', to: '/admin/versions', needs: 'system:manage' },
] as const satisfies { key: string; to: LinkProps['to']; needs: Permission }[];
