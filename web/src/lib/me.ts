import { queryOptions, useQuery } from '@tanstack/react-query';

import { api, take } from './api';

/** What somebody may do, as the server names it. */
export type Permission =
  | 'search:read'
  | 'search:write'
  | 'search:manage'
  | 'analytics:read'
  | 'analytics:export'
  | 'profile:read'
  | 'profile:update'
  | 'user:read'
  | 'user:create'
  | 'user:update'
  | 'user:delete'
  | 'tenant:read'
  | 'tenant:update'
  | 'tenant:create'
  | 'tenant:delete'
  | 'admin:access'
  | 'audit:read'
  | 'system:manage';

/** Who asks, and what they may. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: () => take(api.GET('/api/v1/auth/me')),
  staleTime: 300_000,
});

export function useMe() {
  return useQuery(meQuery).data;
}

/** Whether whoever sits here may; `false` until it is known. */
export function useMay(permission: Permission): boolean {
  return useMe()?.permissions.includes(permission) ?? false;
}
