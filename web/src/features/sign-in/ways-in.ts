import { queryOptions } from '@tanstack/react-query';

import { api, take } from '@/lib/api';

/** The ways to sign in beside name and password. */
export const waysInQuery = queryOptions({
  queryKey: ['ways-in'],
  queryFn: () => take(api.GET('/api/v1/auth/providers')),
  staleTime: 600_000,
});

/** Who is signed in in this browser; an error where nobody is. Apart from `['me']`, which a refused session takes away. */
export const whoIsHereQuery = queryOptions({
  queryKey: ['who-is-here'],
  queryFn: () => take(api.GET('/api/v1/auth/me')),
  retry: false,
  staleTime: 0,
});
