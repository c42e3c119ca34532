import { MantineProvider } from '@mantine/core';
import { QueryClientProvider, type QueryClient } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useEffect } from 'react';

import { forgetKept } from '@/lib/offline';
import { onSignedOut } from '@/lib/session';
import { stream } from '@/lib/stream';
import { quietRoute } from '@/routes/root';

import type { Router } from './router';
import { theme } from './theme';

/** Whoever is signed out meanwhile signs in again and comes back to where they were. */
function useSignedOut(router: Router, queryClient: QueryClient) {
  useEffect(
    () =>
      onSignedOut(() => {
        stream.close();
        void forgetKept();
        queryClient.removeQueries({ queryKey: ['me'] });
        // Pages for those who are not signed in stay as they are.
        const isQuiet = router.state.matches.some((match) => match.routeId === quietRoute.id);
        const { href, pathname } = router.state.location;
        // Of several refusals the first leads there; the others may come before the page is there.
        const isOnTheWay = pathname === '/sign-in';
        if (!isQuiet && !isOnTheWay) void router.navigate({ to: '/sign-in', search: { back: href }, replace: true });
      }),
    [router, queryClient],
  );
}

/** Everything that the pages stand in. No `<style>` is written: the variables are in theme.gen.css. */
export function App({ router, queryClient }: { router: Router; queryClient: QueryClient }) {
  useSignedOut(router, queryClient);
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
      deduplicateInlineStyles
      // Tests do not wait for what moves.
      env={import.meta.env.MODE === 'test' ? 'test' : 'default'}
    >
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
