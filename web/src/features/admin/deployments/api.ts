import { queryOptions } from '@tanstack/react-query';

import { api, take, type Schema } from '@/lib/api';

export type Deployments = Schema<'Deployments'>;
export type Deployment = Schema<'Deployment'>;

const SOON = 3_000;
const LATER = 30_000;

/** Whether something happens at the moment, or is about to. */
export function isUnderWay({ deployments, asked }: Deployments): boolean {
  return asked != null || (deployments[0] !== undefined && deployments[0].outcome == null);
}

export const deploymentsQuery = queryOptions({
  queryKey: ['admin', 'deployments'],
  queryFn: () => take(api.GET('/api/v1/admin/deployments')),
  refetchInterval: ({ state }) => (state.data !== undefined && isUnderWay(state.data) ? SOON : LATER),
});

/** A digest as far as people tell it apart. */
export const short = (digest: string) => digest.replace(/^sha256:/, '').slice(0, 12);
