import { queryOptions, useQueryClient } from '@tanstack/react-query';

import { api, take } from '@/lib/api';

/** One's second factors. */
export const factorsQuery = queryOptions({ queryKey: ['account', 'factors'], queryFn: () => take(api.GET('/api/v1/auth/mfa')) });

export const passkeysQuery = queryOptions({ queryKey: ['account', 'passkeys'], queryFn: () => take(api.GET('/api/v1/auth/passkeys')) });

/** What is known of how one signs in is asked anew. */
export function useFactorsChanged() {
  const queryClient = useQueryClient();
  return async () => {
    await Promise.all([factorsQuery, passkeysQuery].map(({ queryKey }) => queryClient.invalidateQueries({ queryKey })));
  };
}
