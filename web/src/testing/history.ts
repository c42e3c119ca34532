import type { Schema } from '@/lib/api';

type Entry = Schema<'HistoryEntry'>;
type Work = Schema<'Work'>;

/** An id that says its number. */
export const idOf = (number: number) => `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;

/** How it went with a source that answered. */
export function report(source: Schema<'SourceId'>, more: Partial<Schema<'SourceReport'>> = {}): Schema<'SourceReport'> {
  return {
    source, state: 'answered', query: `all:${source}`, filters: [], asked_at: '2026-01-02T12:00:00Z', reported: 100, retrieved: 10,
    filtered: 0, malformed: 0, took_ms: 240, ...more,
  };
}

/** A search that went well. */
export function entry(number: number, more: Partial<Entry> = {}, how: Partial<Entry['query_metadata']> = {}): Entry {
  return {
    id: idOf(number), user_id: idOf(0), query: 'graphene', sources: ['arxiv', 'pubmed'], results_count: 15, execution_time_ms: 1_200,
    cache_hit: false, created_at: new Date(Date.UTC(2026, 0, 2, 12, number)).toISOString(), is_favorite: false, tags: [],
    query_metadata: {
      status: 'completed', has_answer: true, reports: [report('arxiv'), report('pubmed')],
      counts: { reported: 200, retrieved: 20, filtered: 2, duplicates: 3, works: 15 }, ...how,
    },
    ...more,
  };
}

export function work(title: string, more: Partial<Work> = {}): Work {
  return {
    id: title, title, authors: [{ name: 'Ada Lovelace', given: null, family: null, orcid: null, affiliation: null }], type: 'article', provenance: {}, sources: ['arxiv'], score: 1, url: 'https://example.org/1',
    versions: [{ type: 'article', joined_by: 'first', records: [{ source: 'arxiv', source_id: title, rank: 1, joined_by: 'first' }] }], ...more,
  };
}

/** The kept answer of a search. */
export function kept(of: Entry, works: Work[]): Schema<'AnswerView'> {
  const { status, reports, counts } = of.query_metadata;
  return {
    id: of.id, status, query: of.query, started_at: of.created_at, cache: { hit: false, age_seconds: 0, stale: false },
    works, sources: reports, counts, took_ms: of.execution_time_ms,
  };
}

const LABELS = { arxiv: 'arXiv', pubmed: 'PubMed' };

export function sources(): Schema<'Sources'> {
  const health: Schema<'Health'> = { state: 'closed', requests: 0, failures: 0, waiting: 0, rate_limit: 1, concurrency_limit: 1, spent_today_usd: 0 };
  return {
    sources: Object.entries(LABELS).map(([id, label]) => ({
      id: id as keyof typeof LABELS, label, description: label, availability: 'ready', fresh_seconds: 60, stale_seconds: 600, health,
    })),
  };
}
