import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, redirect } from '@tanstack/react-router';
import i18next, { type Namespace } from 'i18next';

import { meQuery } from '@/lib/me';
import { ProblemError } from '@/lib/problem';
import { csrfToken } from '@/lib/session';

export const rootRoute = createRootRouteWithContext<{ queryClient: QueryClient }>()();

/** The pages in the frame with the navigation. Whoever has to sign in for them is sent there, and comes back. */
export const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'shell',
  beforeLoad: async ({ context, location }) => {
    const who = context.queryClient.query({ ...meQuery, staleTime: 'static' }).catch((error: unknown) => {
      if (error instanceof ProblemError && error.status === 401) throw redirect({ to: '/sign-in', search: { back: location.href } });
    });
    // A browser with a session is not made to wait for what it knows; without one, nothing else is shown first.
    if (csrfToken() === undefined) await who;
    else who.catch(() => undefined);
  },
});

/** The pages of those who are not signed in (yet). */
export const quietRoute = createRoute({ getParentRoute: () => rootRoute, id: 'quiet' });

/** Loads the words of a page while its script is on the way: `loader: words('history')`. */
export function words(...namespaces: Exclude<Namespace, readonly unknown[]>[]) {
  return () => i18next.loadNamespaces(namespaces);
}
