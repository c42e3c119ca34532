import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';

import { api, take, type Schema } from '@/lib/api';

export type Adjustable = Schema<'AdjustableSetting'>;

/** What can be changed while PAKE serves; an error for whoever does not operate it. */
export const adjustableQuery = queryOptions({
  queryKey: ['setup', 'adjustable'],
  queryFn: async () => (await take(api.GET('/api/v1/admin/settings'))).settings,
  retry: false,
});

/** The setting of this name. */
export const named = (settings: Adjustable[] | undefined, name: string) => settings?.find(({ setting }) => setting === name);

/** Changes settings; `null` takes a value away. */
export function useAdjust() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (settings: Record<string, unknown>) => take(api.PATCH('/api/v1/admin/settings', { body: { settings } })),
    // What is asked and shown anywhere may be different now.
    onSuccess: () => client.invalidateQueries(),
  });
}
