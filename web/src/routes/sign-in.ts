import { createRoute, lazyRouteComponent } from '@tanstack/react-router';

import { quietRoute, words } from './root';

/** Only ways back into our own pages: never to where a link from elsewhere wants people to go. */
type Search = { back?: string | undefined; failed?: string | undefined };
const readSearch = (search: Record<string, unknown>): Search => ({
  // What is not named here would stay as it was written in the address.
  back: typeof search.back === 'string' && /^\/(?![/\\])/.test(search.back) ? search.back : undefined,
  // Why signing in elsewhere did not work: the kind of problem, as the API calls it.
  failed: typeof search.failed === 'string' ? search.failed : undefined,
});

export const signInRoutes = [
  createRoute({
    getParentRoute: () => quietRoute,
    path: '/sign-in',
    validateSearch: readSearch,
    loader: words('sign-in', 'forms'),
    component: lazyRouteComponent(() => import('@/features/sign-in/sign-in-page'), 'SignInPage'),
  }),
  createRoute({
    getParentRoute: () => quietRoute,
    path: '/join',
    loader: words('sign-in', 'forms'),
    component: lazyRouteComponent(() => import('@/features/sign-in/join-page'), 'JoinPage'),
  }),
  createRoute({
    getParentRoute: () => quietRoute,
    path: '/reset',
    loader: words('sign-in', 'forms'),
    component: lazyRouteComponent(() => import('@/features/sign-in/reset-page'), 'ResetPage'),
  }),
] as const;
