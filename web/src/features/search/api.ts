/** What the search page asks of the server beside the search itself. */
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { api, take, takeFile, type Schema } from '@/lib/api';
import { useIsQuiet } from '@/lib/quiet';
import { sourcesQuery } from '@/lib/sources';

import { pick, type Format } from './pick';

/** Every source, with what it is called. */
export function useSources() {
  const { data } = useQuery(sourcesQuery);
  const sources = data?.sources ?? [];
  const labels = new Map<string, string>(sources.map((source) => [source.id, source.label]));
  return { sources, label: (id: string) => labels.get(id) ?? id };
}

/** What was asked before and begins like this; without anything, what was asked last. */
export function useEarlier(begun: string, isWanted: boolean) {
  return useQuery({
    queryKey: ['history', 'earlier', begun],
    queryFn: () => take(api.GET('/api/v1/history', { params: { query: begun === '' ? { limit: 6 } : { q: begun, view: 'popular', limit: 4 } } })),
    enabled: isWanted,
    // What was typed a letter ago stays until the next is known.
    placeholderData: (before) => before,
  }).data?.entries.map((entry) => entry.query);
}

/** Whether this search is a favourite, and the way to change that. */
export function useFavorite(id: string | undefined, isRecorded: boolean) {
  const client = useQueryClient();
  const queryKey = ['history', 'entry', id];
  const isQuiet = useIsQuiet();
  const { data } = useQuery({
    queryKey,
    queryFn: () => take(api.GET('/api/v1/history/{id}', { params: { path: { id: id ?? '' } } })),
    enabled: id !== undefined && isRecorded && isQuiet,
    retry: false,
  });
  const { mutate } = useMutation({
    mutationFn: (isFavorite: boolean) => take(api.PUT('/api/v1/history/{id}/favorite', { params: { path: { id: id ?? '' } }, body: { is_favorite: isFavorite } })),
    onMutate: (isFavorite) => client.setQueryData<Schema<'HistoryEntry'>>(queryKey, (entry) => entry && { ...entry, is_favorite: isFavorite }),
    onSettled: () => client.invalidateQueries({ queryKey: ['history'] }),
  });
  return { canSave: data !== undefined, isFavorite: data?.is_favorite ?? false, setFavorite: mutate };
}

/** Every record of a search, as its source gave it. */
export function useRecords(id: string | undefined, isWanted: boolean) {
  return useQuery({
    queryKey: ['records', id],
    queryFn: () => take(api.GET('/api/v1/searches/{id}/records', { params: { path: { id: id ?? '' } } })),
    enabled: isWanted && id !== undefined,
    staleTime: Infinity,
  });
}

/** Says that these records are not the same work as the rest of it. */
export function split(id: string, work: string, records: string[]) {
  return take(api.POST('/api/v1/searches/{id}/splits', { params: { path: { id } }, body: { work, records } }));
}

export const splitsQuery = queryOptions({ queryKey: ['splits'], queryFn: () => take(api.GET('/api/v1/splits')) });

/** Lets two records be one work again. */
export function rejoin(pair: Schema<'Pair'>) {
  return take(api.DELETE('/api/v1/splits', { body: pair }));
}

/** Gives a file to whoever sits here. */
function handOver(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const anchor = Object.assign(document.createElement('a'), { href: address, download: name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** The works of an answer in their order, as the server has it now; nothing while it is still under way. */
async function orderOf(id: string): Promise<string[] | undefined> {
  const answer = await take(api.GET('/api/v1/searches/{id}', { params: { path: { id } } }));
  return 'works' in answer ? answer.works.map((work) => work.id) : undefined;
}

const TRIES = 3;

/**
 * The works of a search as a file; with `chosen`, exactly these. They are known in the file by their places: it counts only when the
 * answer had the same order before and after, late sources may change it. `false`: one of them is not in the answer any more.
 */
export async function exportWorks(id: string, format: Format, final: string[], chosen: ReadonlySet<string>): Promise<boolean> {
  const ask = () => takeFile(`/api/v1/searches/${id}/export?format=${format}`);
  if (chosen.size === 0) {
    const { blob, name } = await ask();
    handOver(blob, name);
    return true;
  }
  let order = final;
  for (let count = 0; count < TRIES; count += 1) {
    const { blob, name } = await ask();
    const now = (await orderOf(id)) ?? [];
    if (now.join('\n') === order.join('\n')) {
      const places = [...chosen].map((work) => now.indexOf(work));
      const text = places.includes(-1) ? undefined : pick(await blob.text(), format, places, now.length);
      if (text !== undefined) handOver(new Blob([text], { type: blob.type }), name);
      return text !== undefined;
    }
    order = now;
  }
  return false;
}
