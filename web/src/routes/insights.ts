import { createRoute, lazyRouteComponent } from '@tanstack/react-router';

import { shellRoute, words } from './root';

export const insightsRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/insights',
    loader: words('insights'),
    component: lazyRouteComponent(() => import('@/features/insights/insights-page'), 'InsightsPage'),
  }),
] as const;
