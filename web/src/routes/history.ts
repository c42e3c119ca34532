import { createRoute, lazyRouteComponent } from '@tanstack/react-router';

import { shellRoute, words } from './root';

export const historyRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/history',
    loader: words('history'),
    component: lazyRouteComponent(() => import('@/features/history/history-page'), 'HistoryPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/history/$id',
    loader: words('history'),
    component: lazyRouteComponent(() => import('@/features/history/entry-page'), 'EntryPage'),
  }),
] as const;
