/** Narrows, counts and sorts what a search found. Pure. */
import { FACETS, type FacetName, type Narrowing, type Sort } from './address';
import type { Work } from './progress';

/** A work may have several values of a facet (sources), one, or none. */
function valuesOf(work: Work, facet: FacetName): string[] {
  switch (facet) {
    case 'from':
      return work.sources;
    case 'year':
      return work.date ? [String(work.date.year)] : [];
    case 'type':
      return [work.type];
    case 'access':
      return [accessOf(work)];
    case 'venue':
      return work.venue == null ? [] : [work.venue];
  }
}

/** Whether anybody may read it, as far as the sources say. */
export function accessOf(work: Work): 'open' | 'closed' | 'unknown' {
  if (work.oa_status == null) return 'unknown';
  return work.oa_status === 'closed' ? 'closed' : 'open';
}

const fits = (work: Work, narrowing: Narrowing, but?: FacetName) =>
  FACETS.every((facet) => facet === but || narrowing[facet].length === 0 || valuesOf(work, facet).some((value) => narrowing[facet].includes(value)));

export function narrow(works: Work[], narrowing: Narrowing): Work[] {
  return works.filter((work) => fits(work, narrowing));
}

export type FacetValue = { value: string; count: number };

/** How many works each value would show, with what is chosen in the other facets; what is chosen is always among them. */
export function countFacets(works: Work[], narrowing: Narrowing): Record<FacetName, FacetValue[]> {
  const count = (facet: FacetName): FacetValue[] => {
    const counts = new Map<string, number>(narrowing[facet].map((value) => [value, 0]));
    for (const work of works) {
      if (!fits(work, narrowing, facet)) continue;
      for (const value of valuesOf(work, facet)) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    const values = [...counts].map(([value, count]) => ({ value, count }));
    return facet === 'year' ? values.sort((a, b) => Number(b.value) - Number(a.value)) : values.sort((a, b) => b.count - a.count || a.value.localeCompare(b.value));
  };
  return Object.fromEntries(FACETS.map((facet) => [facet, count(facet)])) as Record<FacetName, FacetValue[]>;
}

/** The most that any source counts; counts are never added up. */
export const mostCited = (work: Work) => Math.max(0, ...(work.citations ?? []).map((citation) => citation.count));

/** A day as a number that sorts; what is not known comes last in a year. */
const day = (work: Work) => (work.date ? work.date.year * 10_000 + (work.date.month ?? 0) * 100 + (work.date.day ?? 0) : undefined);

const titles = new Intl.Collator();

const ORDER: Record<Exclude<Sort, 'relevance'>, (a: Work, b: Work) => number> = {
  newest: (a, b) => (day(b) ?? -Infinity) - (day(a) ?? -Infinity) || 0,
  oldest: (a, b) => (day(a) ?? Infinity) - (day(b) ?? Infinity) || 0,
  cited: (a, b) => mostCited(b) - mostCited(a),
  title: (a, b) => titles.compare(a.title, b.title),
};

/** `works` come in the order of relevance. */
export function sortWorks(works: Work[], sort: Sort): Work[] {
  return sort === 'relevance' ? works : works.toSorted(ORDER[sort]);
}
