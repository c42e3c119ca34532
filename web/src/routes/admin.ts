import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';

import { SECTIONS } from '@/features/admin/sections';
import { meQuery } from '@/lib/me';

import { shellRoute, words } from './root';

/** What a list is narrowed by: plain texts, and nothing but these. */
function texts<Name extends string>(...names: Name[]) {
  return (search: Record<string, unknown>) =>
    Object.fromEntries(names.map((name) => [name, typeof search[name] === 'string' ? search[name] : undefined])) as Partial<Record<Name, string>>;
}

const admin = createRoute({
  getParentRoute: () => shellRoute,
  path: '/admin',
  loader: words('admin'),
  component: lazyRouteComponent(() => import('@/features/admin/admin-layout'), 'AdminLayout'),
});

const index = createRoute({
  getParentRoute: () => admin,
  path: '/',
  beforeLoad: async ({ context }) => {
    // To the first section that somebody may see.
    const { permissions } = await context.queryClient.query({ ...meQuery, staleTime: 'static' });
    const section = SECTIONS.find(({ needs }) => permissions.includes(needs)) ?? SECTIONS[0];
    throw redirect({ to: section.to, replace: true });
  },
});

const dashboard = createRoute({
  getParentRoute: () => admin,
  path: '/dashboard',
  component: lazyRouteComponent(() => import('@/features/admin/dashboard/dashboard-page'), 'DashboardPage'),
});

const users = createRoute({
  getParentRoute: () => admin,
  path: '/users',
  validateSearch: texts('q', 'role', 'active', 'seen'),
  component: lazyRouteComponent(() => import('@/features/admin/users/users-page'), 'UsersPage'),
});

const user = createRoute({
  getParentRoute: () => admin,
  path: '/users/$id',
  component: lazyRouteComponent(() => import('@/features/admin/users/user-page'), 'UserPage'),
});

const workspaces = createRoute({
  getParentRoute: () => admin,
  path: '/workspaces',
  component: lazyRouteComponent(() => import('@/features/admin/workspaces/workspaces-page'), 'WorkspacesPage'),
});

const workspace = createRoute({
  getParentRoute: () => admin,
  path: '/workspaces/$id',
  component: lazyRouteComponent(() => import('@/features/admin/workspaces/workspace-page'), 'WorkspacePage'),
});

const invitations = createRoute({
  getParentRoute: () => admin,
  path: '/invitations',
  component: lazyRouteComponent(() => import('@/features/admin/invitations/invitations-page'), 'InvitationsPage'),
});

const sources = createRoute({
  getParentRoute: () => admin,
  path: '/sources',
  component: lazyRouteComponent(() => import('@/features/admin/sources/sources-page'), 'SourcesPage'),
});

const jobs = createRoute({
  getParentRoute: () => admin,
  path: '/jobs',
  validateSearch: texts('status', 'kind', 'user'),
  component: lazyRouteComponent(() => import('@/features/admin/jobs/jobs-page'), 'JobsPage'),
});

const audit = createRoute({
  getParentRoute: () => admin,
  path: '/audit',
  validateSearch: texts('actor', 'action', 'from', 'until'),
  component: lazyRouteComponent(() => import('@/features/admin/audit/audit-page'), 'AuditPage'),
});

const securityEvents = createRoute({
  getParentRoute: () => admin,
  path: '/security-events',
  validateSearch: texts('type', 'severity', 'resolved', 'user', 'from', 'until'),
  component: lazyRouteComponent(() => import('@/features/admin/security-events/security-events-page'), 'SecurityEventsPage'),
});

const sessions = createRoute({
  getParentRoute: () => admin,
  path: '/sessions',
  validateSearch: texts('user'),
  component: lazyRouteComponent(() => import('@/features/admin/sessions/sessions-page'), 'SessionsPage'),
});

const analytics = createRoute({
  getParentRoute: () => admin,
  path: '/analytics',
  validateSearch: texts('days'),
  component: lazyRouteComponent(() => import('@/features/admin/analytics/analytics-page'), 'AnalyticsPage'),
});

const maintenance = createRoute({
  getParentRoute: () => admin,
  path: '/maintenance',
  component: lazyRouteComponent(() => import('@/features/admin/maintenance/maintenance-page'), 'MaintenancePage'),
});

const configuration = createRoute({
  getParentRoute: () => admin,
  path: '/configuration',
  validateSearch: texts('q', 'origin'),
  component: lazyRouteComponent(() => import('@/features/admin/configuration/configuration-page'), 'ConfigurationPage'),
});

const deployments = createRoute({
  getParentRoute: () => admin,
  path: '/deployments',
  component: lazyRouteComponent(() => import('@/features/admin/deployments/deployments-page'), 'DeploymentsPage'),
});

const versions = createRoute({
  getParentRoute: () => admin,
  path: '/versions',
  component: lazyRouteComponent(() => import('@/features/admin/versions/versions-page'), 'VersionsPage'),
});

export const adminRoutes = [
  admin.addChildren([
    index,
    dashboard,
    users,
    user,
    workspaces,
    workspace,
    invitations,
    sources,
    jobs,
    audit,
    securityEvents,
    sessions,
    analytics,
    maintenance,
    configuration,
    deployments,
    versions,
  ]),
] as const;
