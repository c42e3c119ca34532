import { onlineManager, QueryClient } from '@tanstack/react-query';

import { mayPass } from './problem';

export function makeQueryClient(): QueryClient {
  // It takes the network for granted until it hears that it went; a page that was opened without one never heard.
  onlineManager.setOnline(navigator.onLine);
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        // What was loaded is shown while there is no network; what was not says so.
        networkMode: 'offlineFirst',
        retry: (count, error) => count < 2 && mayPass(error),
      },
      mutations: { networkMode: 'always', retry: false },
    },
  });
}
