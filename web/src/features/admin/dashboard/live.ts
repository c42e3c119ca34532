import { queryOptions } from '@tanstack/react-query';

import { api, take, type Schema } from '@/lib/api';

export type Health = Schema<'AdminSystemHealth'>;

/** What the small charts are drawn of; nothing where it is not known. */
export type Sample = {
  connections: number;
  response: number | undefined;
  errors: number | undefined;
  cacheHits: number | undefined;
  cpu: number | undefined;
  memory: number | undefined;
};

const KEPT = 60;
export const EVERY = 5_000;

const known = (value: number | null | undefined) => value ?? undefined;

function sampleOf(health: Health): Sample {
  return {
    connections: health.active_connections,
    response: known(health.avg_response_time),
    errors: known(health.error_rate),
    cacheHits: known(health.cache_hit_rate),
    cpu: known(health.cpu_usage),
    memory: known(health.memory_usage),
  };
}

type Live = { health: Health; samples: Sample[] };

/** How the installation is doing now, and how it has been since the page was opened. */
export const liveQuery = queryOptions({
  queryKey: ['admin', 'live'] as const,
  queryFn: async ({ client, queryKey }): Promise<Live> => {
    const health = await take(api.GET('/api/v1/admin/system/health'));
    const before = client.getQueryData<Live>(queryKey)?.samples ?? [];
    return { health, samples: [...before, sampleOf(health)].slice(-KEPT) };
  },
  refetchInterval: EVERY,
  staleTime: 0,
});
