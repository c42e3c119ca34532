/** The workspaces that somebody is in, and going from one to another. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';

import { api, take } from './api';

export const workspacesQuery = queryOptions({
  queryKey: ['workspaces', 'mine'],
  queryFn: () => take(api.GET('/api/v1/workspaces')),
});

/** Enters another workspace: whatever is shown is asked anew there. */
export function useEnterWorkspace() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => take(api.POST('/api/v1/workspaces/{id}/enter', { params: { path: { id } } })),
    onSuccess: () => queryClient.resetQueries(),
  });
}
