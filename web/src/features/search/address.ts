/** The state of the page is its address: reload, back and a shared link bring the same. */

/** What each source is asked for, at most. */
export const LIMITS = ['25', '50', '100'] as const;
export const SORTS = ['relevance', 'newest', 'oldest', 'cited', 'title'] as const;
export type Sort = (typeof SORTS)[number];

/** What the list is narrowed by, beside the question. */
export const FACETS = ['from', 'year', 'type', 'access', 'venue'] as const;
export type FacetName = (typeof FACETS)[number];
/** What was chosen in each facet; several values are alternatives. */
export type Narrowing = Record<FacetName, string[]>;

/** As it is written: lists with `,` (sources) or `|` (facets, whose values may hold commas) between. */
export type SearchAddress = {
  /** What is looked for. */
  q?: string | undefined;
  /** The sources to ask; without it those that are asked by default. */
  sources?: string | undefined;
  limit?: (typeof LIMITS)[number] | undefined;
  /** `1`: leave nothing behind. */
  private?: string | undefined;
  /** The search on the server that answers it: a reload does not ask again. */
  id?: string | undefined;
  sort?: Sort | undefined;
} & Partial<Record<FacetName, string | undefined>>;

export type Question = { query: string; sources: string[]; limit: number | undefined; isPrivate: boolean };

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MOST = 2_000;

function text(value: unknown, most = MOST): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.slice(0, most) : undefined;
}

/** Reads an address that anybody may have written. */
export function readAddress(search: Record<string, unknown>): SearchAddress {
  const id = text(search.id);
  const sort = SORTS.find((sort) => sort === search.sort);
  return {
    // What another app shares may be an address only.
    q: text(search.q) ?? text(search.url),
    sources: text(search.sources),
    limit: LIMITS.find((known) => known === search.limit),
    private: search.private === '1' ? '1' : undefined,
    id: id !== undefined && UUID.test(id) ? id : undefined,
    sort: sort === 'relevance' ? undefined : sort,
    from: text(search.from),
    year: text(search.year),
    type: text(search.type),
    access: text(search.access),
    venue: text(search.venue),
  };
}

const split = (value: string | undefined, by: string) => [...new Set((value ?? '').split(by).map((part) => part.trim()).filter((part) => part !== ''))];

export function questionOf(address: SearchAddress): Question | undefined {
  if (address.q === undefined) return undefined;
  return { query: address.q, sources: split(address.sources, ','), limit: address.limit === undefined ? undefined : Number(address.limit), isPrivate: address.private === '1' };
}

export function narrowingOf(address: SearchAddress): Narrowing {
  return Object.fromEntries(FACETS.map((name) => [name, split(address[name], '|')])) as Narrowing;
}

/** The part of an address that says how narrow the list is. */
export function writeNarrowing(narrowing: Narrowing): Pick<SearchAddress, FacetName> {
  return Object.fromEntries(FACETS.map((name) => [name, narrowing[name].join('|') || undefined]));
}

/** A link to the same question for somebody else, who has their own search on the server. */
export function shareLink(address: SearchAddress, origin: string): string {
  const { q, sources, limit, sort, from, year, type, access, venue } = address;
  const said = Object.entries({ q, sources, limit, sort, from, year, type, access, venue }).filter(([, value]) => value !== undefined);
  return `${origin}/?${new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString()}`;
}
