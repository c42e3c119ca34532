/** The state of the pages is their address: reload, back and a link bring the same. */
import type { paths } from '@/lib/schema.gen';

export const STATUSES = ['completed', 'partial', 'failed', 'cancelled', 'running'] as const;
export type Status = (typeof STATUSES)[number];

/** What of the history is wanted; what is missing does not matter. */
export type HistoryAddress = {
  q?: string | undefined;
  /** Without it every search, the latest first. */
  view?: 'popular' | undefined;
  /** `1`: only favourites. */
  favorites?: '1' | undefined;
  source?: string | undefined;
  tag?: string | undefined;
  status?: Status | undefined;
  /** The first and the last day, as the calendar of the reader has them: `2026-01-31`. */
  from?: string | undefined;
  until?: string | undefined;
  /** Per cent. */
  minQuality?: string | undefined;
  maxQuality?: string | undefined;
};

/** Beside which search an entry is laid. */
export type EntryAddress = { compare?: string | undefined };

type Wanted = NonNullable<paths['/api/v1/history']['get']['parameters']['query']>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const TEXT_LONGEST = 1_000;

function text(value: unknown, longest = TEXT_LONGEST): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.slice(0, longest) : undefined;
}

function day(value: unknown): string | undefined {
  const isDay = typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value));
  return isDay ? value : undefined;
}

function percent(value: unknown): string | undefined {
  const number = Number(text(value));
  return text(value) !== undefined && number >= 0 && number <= 100 ? String(number) : undefined;
}

/** Reads an address that anybody may have written. */
export function readHistoryAddress(search: Record<string, unknown>): HistoryAddress {
  return {
    q: text(search.q),
    view: search.view === 'popular' ? 'popular' : undefined,
    favorites: search.favorites === '1' ? '1' : undefined,
    source: text(search.source),
    tag: text(search.tag),
    status: STATUSES.find((status) => status === search.status),
    from: day(search.from),
    until: day(search.until),
    minQuality: percent(search.minQuality),
    maxQuality: percent(search.maxQuality),
  };
}

export function readEntryAddress(search: Record<string, unknown>): EntryAddress {
  const compare = text(search.compare);
  return { compare: compare !== undefined && UUID.test(compare) ? compare : undefined };
}

/** Midnight at the reader's, so many days after a day of the calendar. */
function midnight(day: string | undefined, later = 0): string | undefined {
  if (day === undefined) return undefined;
  const date = new Date(`${day}T00:00`);
  date.setDate(date.getDate() + later);
  return date.toISOString();
}

const share = (percent: string | undefined) => (percent === undefined ? undefined : Number(percent) / 100);

/** What the server is asked for. */
export function wanted(address: HistoryAddress): Wanted {
  const all = {
    q: address.q,
    view: address.view,
    favorites: address.favorites === '1' ? true : undefined,
    source: address.source,
    tag: address.tag,
    status: address.status,
    from: midnight(address.from),
    until: midnight(address.until, 1),
    min_quality: share(address.minQuality),
    max_quality: share(address.maxQuality),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** How many filters are set beside the words and the order. */
export function narrowedBy(address: HistoryAddress): number {
  const { favorites, source, tag, status, from, until, minQuality, maxQuality } = address;
  return [favorites, source, tag, status, from, until, minQuality, maxQuality].filter((value) => value !== undefined).length;
}

/** The search page with the same question: with `id` the kept answer is shown, without it the sources are asked. */
export function searchAddress(entry: { query: string; sources: string[] }, id?: string) {
  return { q: entry.query, sources: entry.sources.join(',') || undefined, id };
}
