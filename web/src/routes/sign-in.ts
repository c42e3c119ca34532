import { createRoute, lazyRouteComponent } from '@tanstack/react-router';

import { quietRoute, words } from './root';

/** Only ways back into our own pages: never to where a link from elsewhere wants people to go. */
const back = (search: Record<string, unknown>): { back?: string | undefined } => ({
  // What is not named here would stay as it was written in the address.
  back: typeof search.back === 'string' && /^\/(?![/\\])/.test(search.back) ? search.back : undefined,
});

export const signInRoutes = [
  createRoute({
    getParentRoute: () => quietRoute,
    path: '/sign-in',
    validateSearch: back,
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
