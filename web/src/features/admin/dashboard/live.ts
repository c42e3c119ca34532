import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import { api, take, type Schema } from '@/lib/api';
import type { FrameOf } from '@/lib/frames';
import { stream, useStreamState } from '@/lib/stream';

export type Health = Schema<'AdminSystemHealth'>;
type Metrics = FrameOf<'system_metrics'>['data'];

/** What the small charts are drawn of; nothing where it is not known. */
export type Sample = Partial<
  Record<'requests' | 'p95' | 'response' | 'errors' | 'sockets' | 'connections' | 'cacheHits' | 'users' | 'cpu' | 'memory', number>
>;

/** Told every two seconds over the socket: four minutes. */
const KEPT = 120;
const POLLED = 5_000;
const SELDOM = 30_000;

/** Without what is not known. */
function known(values: Record<keyof Sample, number | null | undefined>): Sample {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value != null));
}

const NOTHING = { requests: null, p95: null, response: null, sockets: null, users: null };

const ofHealth = (health: Health): Sample =>
  known({ ...NOTHING, response: health.avg_response_time, errors: health.error_rate, connections: health.active_connections, cacheHits: health.cache_hit_rate, cpu: health.cpu_usage, memory: health.memory_bytes });

const ofMetrics = (metrics: Metrics): Sample =>
  known({
    response: null,
    requests: metrics.requests_per_second,
    p95: metrics.p95_seconds,
    errors: metrics.error_rate,
    sockets: metrics.sockets,
    connections: metrics.active_connections,
    cacheHits: metrics.cache_hit_rate,
    users: metrics.active_users,
    cpu: metrics.cpu_usage,
    memory: metrics.memory_bytes,
  });

type Polled = { health: Health; samples: Sample[] };

const healthQuery = queryOptions({
  queryKey: ['admin', 'live'] as const,
  queryFn: async ({ client, queryKey }): Promise<Polled> => {
    const health = await take(api.GET('/api/v1/admin/system/health'));
    const before = client.getQueryData<Polled>(queryKey)?.samples ?? [];
    return { health, samples: [...before, ofHealth(health)].slice(-KEPT) };
  },
  staleTime: 0,
});

type Told = { metrics: Metrics; samples: Sample[] };

/** What the server tells over the socket, for as long as the page is open. */
function useTold(): Told | undefined {
  const queryClient = useQueryClient();
  const [told, setTold] = useState<Told>();
  const isOpen = useStreamState() === 'open';
  useEffect(
    () =>
      stream.on('system_metrics', ({ data: metrics }) => {
        setTold((before) => ({ metrics, samples: [...(before?.samples ?? []), ofMetrics(metrics)].slice(-KEPT) }));
        const health = new Map(metrics.sources.map((source) => [source.id, source.health]));
        queryClient.setQueryData<Schema<'Sources'>>(['admin', 'sources'], (known) =>
          known && { sources: known.sources.map((source) => ({ ...source, health: health.get(source.id) ?? source.health })) },
        );
      }),
    [queryClient],
  );
  return isOpen ? told : undefined;
}

/** How the installation is now, and how it has been since the page was opened: over the socket, or, while there is none, asked for every few seconds. */
export function useLive() {
  const told = useTold();
  const query = useQuery({ ...healthQuery, refetchInterval: told ? SELDOM : POLLED });
  const { data } = query;
  const live = data && {
    health: data.health,
    isTold: told !== undefined,
    samples: told?.samples ?? data.samples,
    components: told?.metrics.components ?? { ...data.health.health.components, websocket: { status: data.health.websocket_status } },
  };
  return { ...query, data: live };
}
