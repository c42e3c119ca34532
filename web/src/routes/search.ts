import { createRoute, lazyRouteComponent } from '@tanstack/react-router';

import { readAddress } from '@/features/search/address';
import { sourcesQuery } from '@/lib/sources';

import { shellRoute, words } from './root';

export const searchRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/',
    validateSearch: readAddress,
    loader: ({ context }) => {
      // What its sources are called is on its way while the page is.
      context.queryClient.query(sourcesQuery).catch(() => undefined);
      return words('search')();
    },
    component: lazyRouteComponent(() => import('@/features/search/search-page'), 'SearchPage'),
  }),
] as const;
