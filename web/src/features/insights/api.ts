import { keepPreviousData, queryOptions } from '@tanstack/react-query';

import { api, take } from '@/lib/api';

import type { Period } from './address';

/** Most questions that are listed. */
const QUESTIONS = 10;
/** So many of the latest searches are looked at for what only single searches tell. */
export const LATEST = 200;

export function analyticsQuery(days: Period) {
  return queryOptions({
    queryKey: ['insights', 'analytics', days],
    queryFn: () => take(api.GET('/api/v1/history/analytics', { params: { query: { days, limit: QUESTIONS } } })),
    placeholderData: keepPreviousData,
  });
}

/** What several people of the workspace ask who let that be known. */
export function sharedQuery(days: Period) {
  return queryOptions({
    queryKey: ['insights', 'shared', days],
    queryFn: () => take(api.GET('/api/v1/history/popular', { params: { query: { days, limit: QUESTIONS, shared: true } } })),
    placeholderData: keepPreviousData,
  });
}

/** The latest searches, each with how it went with every source. */
export function latestQuery(days: Period, now: Date) {
  const from = new Date(now.getTime() - days * 86_400_000);
  return queryOptions({
    queryKey: ['insights', 'latest', days],
    // As far back as the history reaches is the same as no beginning at all.
    queryFn: () => take(api.GET('/api/v1/history', { params: { query: { limit: LATEST, ...(days <= 365 && { from: from.toISOString() }) } } })),
    placeholderData: keepPreviousData,
  });
}
