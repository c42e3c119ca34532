import type { QueryClient } from '@tanstack/react-query';
import { createRouter, type RouterHistory } from '@tanstack/react-router';

import { PageFailure } from '@/components/page-failure';
import { NotFound } from '@/components/not-found';
import { Loading } from '@/components/ui/loading';
import { accountRoutes } from '@/routes/account';
import { adminRoutes } from '@/routes/admin';
import { historyRoutes } from '@/routes/history';
import { insightsRoutes } from '@/routes/insights';
import { quietRoute, rootRoute, shellRoute } from '@/routes/root';
import { searchRoutes } from '@/routes/search';
import { setupRoutes } from '@/routes/setup';
import { signInRoutes } from '@/routes/sign-in';

import { Brand } from './brand';
import { Quiet } from './quiet';
import { Shell } from './shell';
import classes from './shell.module.css';

/** What is at no address of ours stands in no frame: it brings its own. */
const nowhere = () => (
  <>
    <header className={classes.header}>
      <Brand />
    </header>
    <main className={classes.main}>
      <NotFound />
    </main>
  </>
);

const tree = rootRoute.update({ notFoundComponent: nowhere }).addChildren([
  shellRoute
    .update({ component: Shell })
    .addChildren([...searchRoutes, ...historyRoutes, ...insightsRoutes, ...accountRoutes, ...adminRoutes]),
  quietRoute.update({ component: Quiet }).addChildren([...signInRoutes, ...setupRoutes]),
]);

/** Addresses are plain: `?q=graphene&sort=year`, every value a text. */
const parseSearch = (text: string) => Object.fromEntries(new URLSearchParams(text));

function stringifySearch(search: Record<string, unknown>): string {
  const said = Object.entries(search).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString();
  return text && `?${text}`;
}

export function makeRouter(queryClient: QueryClient, history?: RouterHistory) {
  return createRouter({
    routeTree: tree,
    context: { queryClient },
    ...(history && { history }),
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    defaultPendingComponent: () => <Loading />,
    defaultErrorComponent: PageFailure,
    defaultNotFoundComponent: NotFound,
  });
}

export type Router = ReturnType<typeof makeRouter>;

declare module '@tanstack/react-router' {
  interface Register {
    router: Router;
  }
}
