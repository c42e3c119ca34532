import { createRoute, lazyRouteComponent } from '@tanstack/react-router';

import { readAddress } from '@/features/search/address';

import { shellRoute, words } from './root';

export const searchRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/',
    validateSearch: readAddress,
    loader: words('search'),
    component: lazyRouteComponent(() => import('@/features/search/search-page'), 'SearchPage'),
  }),
] as const;
