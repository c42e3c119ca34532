import { useMutation } from '@tanstack/react-query';

import { api, take, type Schema } from '@/lib/api';

/** Puts one small question to one source, past all caches, and leaves nothing in the history. */
export function useTest(id: Schema<'SourceId'>) {
  return useMutation({
    mutationFn: async () => {
      const body = { query: 'graphene', sources: [id], limit: 1, anonymous: true, refresh: true };
      const answer = await take(api.POST('/api/v1/searches', { params: { header: { Prefer: 'wait=20' } }, body }));
      return 'sources' in answer ? answer.sources.find(({ source }) => source === id) : undefined;
    },
  });
}
