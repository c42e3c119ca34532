import { createRoute, lazyRouteComponent } from '@tanstack/react-router';

import { readInsightsAddress } from '@/features/insights/address';

import { shellRoute, words } from './root';

export const insightsRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/insights',
    validateSearch: readInsightsAddress,
    loader: words('insights'),
    component: lazyRouteComponent(() => import('@/features/insights/insights-page'), 'InsightsPage'),
  }),
] as const;
