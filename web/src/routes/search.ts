import { createRoute, lazyRouteComponent } from '@tanstack/react-router';

import { shellRoute, words } from './root';

/** The state of the page is its address: reload, back and a shared link bring the same. */
export type SearchAddress = {
  /** What is looked for. */
  q?: string | undefined;
};

export const searchRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/',
    validateSearch: (search: Record<string, unknown>): SearchAddress => ({ q: typeof search.q === 'string' ? search.q : undefined }),
    loader: words('search'),
    component: lazyRouteComponent(() => import('@/features/search/search-page'), 'SearchPage'),
  }),
] as const;
