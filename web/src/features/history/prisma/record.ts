import { queryOptions } from '@tanstack/react-query';

import { api, take, type Schema } from '@/lib/api';

import type { Entry } from '../api';

/** The record of a search. Where the answer is not kept any more, nobody knows which version made it. */
export type SearchRecord = Omit<Schema<'Prisma'>, 'version' | 'answered_at'> & { version?: string; answered_at?: string };

export function recordQuery(id: string) {
  return queryOptions({
    queryKey: ['searches', id, 'record'],
    queryFn: () => take(api.GET('/api/v1/searches/{id}/record', { params: { path: { id } } })),
    // What was asked and found does not change any more.
    staleTime: Infinity,
  });
}

/** What the history itself knows of it: the numbers outlive the answer. */
export function recordOf(entry: Entry): SearchRecord {
  const { counts, reports } = entry.query_metadata;
  return {
    id: entry.id,
    query: entry.query,
    started_at: entry.created_at,
    databases: reports,
    flow: {
      reported: counts.reported,
      identified: counts.retrieved,
      removed_by_filters: counts.filtered,
      removed_as_duplicates: counts.duplicates,
      unreadable: reports.reduce((sum, report) => sum + report.malformed, 0),
      to_screen: counts.works,
    },
  };
}
