/** The sources of this server, by name and by label. */
import { queryOptions, useQuery } from '@tanstack/react-query';

import { api, take, type Schema } from './api';

export type SourceId = Schema<'SourceId'>;

export const sourcesQuery = queryOptions({
  queryKey: ['sources'],
  queryFn: () => take(api.GET('/api/v1/sources')),
  staleTime: 300_000,
});

/** How people call a source; its id until that is known. `const label = useSourceLabel(); label('pubmed')` */
export function useSourceLabel(): (id: string) => string {
  const { data } = useQuery(sourcesQuery);
  return (id) => data?.sources.find((source) => source.id === id)?.label ?? id;
}
