import type { ReactNode } from 'react';

import { Loading } from '@/components/ui/loading';
import { useIsOnline } from '@/lib/online';
import { Unreachable } from '@/lib/problem';

import { Failure } from './failure';

/** What `useQuery` gives, as far as it matters here. */
type Asked<T> = { data: T | undefined; error: unknown; fetchStatus: 'fetching' | 'paused' | 'idle'; refetch: () => Promise<unknown> };

type Props<T> = {
  query: Asked<T>;
  /** How much is about to be there. */
  lines?: number;
  height?: number;
  /** What is shown of it; says also when there is nothing. A page that shows all of it elsewhere leaves this out. */
  children?: (data: T) => ReactNode;
};

/**
 * What was asked of the server, in each of its states: on its way, not there because there is no network, gone wrong, there. What is
 * there stays when asking again goes wrong, below why it did.
 */
export function Loaded<T>({ query, lines, height, children }: Props<T>) {
  const isOnline = useIsOnline();
  const { data, fetchStatus } = query;
  // It is asked again by itself as soon as there is a network.
  const isWaiting = fetchStatus === 'paused';
  const error = isWaiting ? new Unreachable(query.error) : query.error;
  // Without a network, the frame says so; what is there is as it was.
  const isSaid = error != null && (data === undefined || isOnline);
  return (
    <>
      {isSaid && <Failure error={error} onRetry={isWaiting ? undefined : () => void query.refetch()} />}
      {data === undefined ? error == null && <Loading lines={lines} height={height} /> : children?.(data)}
    </>
  );
}
