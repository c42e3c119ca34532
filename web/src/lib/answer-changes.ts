/** What differs between two answers to the same question: works that are new, gone, elsewhere in the order, or told of differently. */
import type { Schema } from './api';

type Work = Schema<'Work'>;

/** A work and its place in the order, from 1. */
export type Placed = { work: Work; place: number };
/** What is told differently of a work that stayed. */
export type Detail = 'retracted' | 'published' | 'open' | 'cited' | 'sources' | 'title';
export type Stayed = { work: Work; from: number; to: number; isMoved: boolean; details: Detail[] };
export type AnswerChanges = {
  appeared: Placed[];
  gone: Placed[];
  /** Those that are elsewhere in the order or told of differently, in the order of the later answer. */
  changed: Stayed[];
  /** How many are as they were. */
  unchanged: number;
};

/** By what a work is known in another search, the surest first. Ids of works hold within their own search only. */
function keys(work: Work): string[] {
  const all = [work, ...work.versions];
  const named = (scheme: 'doi' | 'arxiv_id' | 'pmid') =>
    all.flatMap((each) => (scheme in each && each[scheme] != null ? [`${scheme}:${each[scheme].toLowerCase()}`] : []));
  const records = work.versions.flatMap((version) => version.records.map((record) => `${record.source}:${record.source_id}`));
  const title = work.title.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, ' ').trim();
  return [...new Set([...named('doi'), ...named('arxiv_id'), ...named('pmid'), ...records, ...(title === '' ? [] : [`title:${title}`])])];
}

/** Which work before each work now is: its index, or `undefined` where it is new. Each work before is found once. */
function match(before: Work[], now: Work[]): (number | undefined)[] {
  const known = new Map<string, number>();
  before.forEach((work, index) => {
    for (const key of keys(work)) if (!known.has(key)) known.set(key, index);
  });
  const taken = new Set<number>();
  return now.map((work) => {
    const found = keys(work).flatMap((key) => known.get(key) ?? []).find((index) => !taken.has(index));
    if (found !== undefined) taken.add(found);
    return found;
  });
}

/** The places in `order` of one of its longest rising runs: whoever is in it kept its place among the others. */
function kept(order: number[]): Set<number> {
  const tails: number[] = [];
  const previous = order.map((value, at) => {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((order[tails[middle] ?? 0] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    tails[low] = at;
    return low > 0 ? tails[low - 1] : undefined;
  });
  const run = new Set<number>();
  for (let at = tails.at(-1); at !== undefined; at = previous[at]) run.add(at);
  return run;
}

const isOpen = (work: Work) => work.oa_status != null && work.oa_status !== 'closed';
const isPublished = (work: Work) => work.versions.some((version) => version.type !== 'preprint');
const counts = (work: Work) => new Map(work.citations?.map(({ source, count }) => [source, count]));

/** Whether a source that counted before counts otherwise now. */
function isCitedOtherwise(before: Work, now: Work): boolean {
  const then = counts(before);
  return [...counts(now)].some(([source, count]) => then.has(source) && then.get(source) !== count);
}

function details(before: Work, now: Work): Detail[] {
  const found: [Detail, boolean][] = [
    ['retracted', (before.is_retracted ?? false) !== (now.is_retracted ?? false)],
    ['published', isPublished(before) !== isPublished(now)],
    ['open', isOpen(before) !== isOpen(now)],
    ['cited', isCitedOtherwise(before, now)],
    ['sources', [...before.sources].sort().join() !== [...now.sources].sort().join()],
    ['title', before.title !== now.title],
  ];
  return found.flatMap(([detail, holds]) => (holds ? [detail] : []));
}

export function compareAnswers(before: Work[], now: Work[]): AnswerChanges {
  const matched = match(before, now);
  const stayed: Stayed[] = [];
  const appeared: Placed[] = [];
  now.forEach((work, index) => {
    const was = matched[index];
    const earlier = was === undefined ? undefined : before[was];
    if (was === undefined || earlier === undefined) appeared.push({ work, place: index + 1 });
    else stayed.push({ work, from: was + 1, to: index + 1, isMoved: false, details: details(earlier, work) });
  });
  const inOrder = kept(stayed.map(({ from }) => from));
  const found = new Set(matched);
  const changed = stayed
    .map((each, index) => ({ ...each, isMoved: !inOrder.has(index) }))
    .filter(({ isMoved, details }) => isMoved || details.length > 0);
  return {
    appeared,
    gone: before.flatMap((work, index) => (found.has(index) ? [] : [{ work, place: index + 1 }])),
    changed,
    unchanged: stayed.length - changed.length,
  };
}
