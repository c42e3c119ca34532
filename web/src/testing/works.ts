import type { Schema } from '@/lib/api';

type Work = Schema<'Work'>;
type Report = Schema<'SourceReport'>;

/** A work that one source tells of; `part` says what is special about it. */
export function work(id: string, part: Partial<Work> = {}): Work {
  return {
    id,
    title: `Work ${id}`,
    authors: [{ name: 'Ada Lovelace', given: 'Ada', family: 'Lovelace' }],
    type: 'article',
    provenance: { title: 'arxiv' },
    sources: ['arxiv'],
    versions: [{ type: 'article', joined_by: 'first', records: [{ source: 'arxiv', source_id: id, rank: 1, joined_by: 'first' }] }],
    score: 1,
    url: `https://example.org/${id}`,
    ...part,
  };
}

export function report(source: Report['source'], part: Partial<Report> = {}): Report {
  return { source, state: 'answered', query: `all:${source}`, filters: [], asked_at: '2026-11-26T12:00:00Z', retrieved: 1, filtered: 0, malformed: 0, took_ms: 300, ...part };
}

export const counts = (works: number): Schema<'Counts'> => ({ reported: 100, retrieved: works + 2, filtered: 0, duplicates: 2, works });
