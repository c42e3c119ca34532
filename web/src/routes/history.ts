import { createRoute, lazyRouteComponent } from '@tanstack/react-router';

import { readEntryAddress, readHistoryAddress } from '@/features/history/address';
import { historyQuery } from '@/features/history/api';

import { shellRoute, words } from './root';

export const historyRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/history',
    validateSearch: readHistoryAddress,
    loaderDeps: ({ search }) => search,
    loader: ({ context, deps }) => {
      // The list is on its way while the page is.
      context.queryClient.infiniteQuery(historyQuery(deps)).catch(() => undefined);
      return words('history')();
    },
    component: lazyRouteComponent(() => import('@/features/history/history-page'), 'HistoryPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/history/$id',
    validateSearch: readEntryAddress,
    loader: words('history'),
    component: lazyRouteComponent(() => import('@/features/history/entry-page'), 'EntryPage'),
  }),
] as const;
