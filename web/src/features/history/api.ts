/** What the history is asked, and what is done to it. */
import { infiniteQueryOptions, keepPreviousData, queryOptions, useMutation, useQueryClient, type InfiniteData, type QueryClient } from '@tanstack/react-query';

import { api, take, type Schema } from '@/lib/api';

import { wanted, type HistoryAddress } from './address';

export type Entry = Schema<'HistoryEntry'>;
type HistoryPages = InfiniteData<Schema<'HistoryPage'>>;

/** Entries that are asked for at once. */
const PAGE = 50;
/** Runs of a question that are looked at, to find the one before. */
const RUNS = 50;
/** Longest text that the history is searched for. */
const TEXT_LONGEST = 1_000;

export function historyQuery(address: HistoryAddress) {
  return infiniteQueryOptions({
    queryKey: ['history', 'list', address],
    queryFn: ({ pageParam }) =>
      take(api.GET('/api/v1/history', { params: { query: { ...wanted(address), limit: PAGE, ...(pageParam !== undefined && { after: pageParam }) } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  });
}

export const tagsQuery = queryOptions({
  queryKey: ['history', 'tags'],
  queryFn: () => take(api.GET('/api/v1/history/tags')),
});

export function entryQuery(id: string) {
  return queryOptions({
    queryKey: ['history', 'entry', id],
    queryFn: () => take(api.GET('/api/v1/history/{id}', { params: { path: { id } } })),
  });
}

/** Every search of the same question, the latest first. */
export function runsQuery(query: string) {
  return queryOptions({
    queryKey: ['history', 'runs', query],
    queryFn: async () => {
      const page = await take(api.GET('/api/v1/history', { params: { query: { q: query.slice(0, TEXT_LONGEST), limit: RUNS } } }));
      return page.entries.filter((entry) => entry.query === query);
    },
  });
}

function put(client: QueryClient, changed: Entry): void {
  client.setQueryData(entryQuery(changed.id).queryKey, changed);
  client.setQueriesData<HistoryPages>({ queryKey: ['history', 'list'] }, (list) =>
    list && {
      ...list,
      pages: list.pages.map((page) => ({
        ...page,
        // The rest, the list may know better: how often a question was asked.
        entries: page.entries.map((entry) => (entry.id === changed.id ? { ...entry, is_favorite: changed.is_favorite, tags: changed.tags } : entry)),
      })),
    },
  );
}

export function useSetFavorite() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ entry, isFavorite }: { entry: Entry; isFavorite: boolean }) =>
      take(api.PUT('/api/v1/history/{id}/favorite', { params: { path: { id: entry.id } }, body: { is_favorite: isFavorite } })),
    // The star fills at once; what the server says stands.
    onMutate: ({ entry, isFavorite }) => put(client, { ...entry, is_favorite: isFavorite }),
    onError: (_, { entry }) => put(client, entry),
    onSuccess: (entry) => put(client, entry),
  });
}

export function useSetTags() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ entry, tags }: { entry: Entry; tags: string[] }) =>
      take(api.PUT('/api/v1/history/{id}/tags', { params: { path: { id: entry.id } }, body: { tags } })),
    onSuccess: (entry) => {
      put(client, entry);
      void client.invalidateQueries({ queryKey: tagsQuery.queryKey });
    },
  });
}

export function useDelete() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => take(api.DELETE('/api/v1/history/{id}', { params: { path: { id } } })),
    onSuccess: (_, id) => {
      client.setQueriesData<HistoryPages>({ queryKey: ['history', 'list'] }, (list) =>
        list && { ...list, pages: list.pages.map((page) => ({ ...page, entries: page.entries.filter((entry) => entry.id !== id) })) },
      );
      void client.invalidateQueries({ queryKey: tagsQuery.queryKey });
      void client.invalidateQueries({ queryKey: ['history', 'runs'] });
    },
  });
}

export function useClear() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => take(api.DELETE('/api/v1/history')),
    onSuccess: () => client.invalidateQueries({ queryKey: ['history'] }),
  });
}

/** Asks the same question of the same sources anew; gives the search, which may still be under way. */
export function useRunAgain() {
  return useMutation({
    mutationFn: (entry: Entry) =>
      take(
        api.POST('/api/v1/searches', {
          params: { header: { Prefer: 'wait=60' } },
          body: { query: entry.query, sources: entry.sources, refresh: true },
        }),
      ),
  });
}
