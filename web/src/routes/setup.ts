import { createRoute, lazyRouteComponent } from '@tanstack/react-router';

import { quietRoute, words } from './root';

export const setupRoutes = [
  createRoute({
    getParentRoute: () => quietRoute,
    path: '/welcome',
    loader: words('setup', 'forms'),
    component: lazyRouteComponent(() => import('@/features/setup/welcome-page'), 'WelcomePage'),
  }),
] as const;
