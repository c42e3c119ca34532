/** What single searches tell: how the sources did, and how long was waited. Pure. */
import type { Schema } from '@/lib/api';

type Entry = Schema<'HistoryEntry'>;

export type SourceRow = {
  source: string;
  asked: number;
  /** Share of the times it was asked, 0 to 1. */
  answered: number;
  /** Milliseconds; half of its answers were quicker. */
  median: number | undefined;
  /** Records of an answer, on average. */
  records: number;
};

const CAME = ['answered', 'late'];

function median(values: number[]): number | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined || sorted.length % 2 === 1) return middle;
  return (middle + (sorted[sorted.length / 2 - 1] ?? middle)) / 2;
}

/** How each source did where it was really asked: an answer that was kept says nothing of today. */
export function sourceRows(entries: Entry[]): SourceRow[] {
  const bySource = new Map<string, Schema<'SourceReport'>[]>();
  for (const entry of entries) {
    if (entry.cache_hit) continue;
    for (const report of entry.query_metadata.reports) {
      if (report.state !== 'cached') bySource.set(report.source, [...(bySource.get(report.source) ?? []), report]);
    }
  }
  return [...bySource]
    .map(([source, reports]) => {
      const came = reports.filter(({ state }) => CAME.includes(state));
      return {
        source,
        asked: reports.length,
        answered: came.length / reports.length,
        median: median(came.map((report) => report.took_ms)),
        records: came.length === 0 ? 0 : came.reduce((sum, report) => sum + report.retrieved, 0) / came.length,
      };
    })
    .sort((one, other) => other.asked - one.asked || one.source.localeCompare(other.source));
}

/** Upper ends in milliseconds; what takes longer than the last is in a class of its own. */
export const WAITS = [100, 300, 1_000, 3_000, 10_000] as const;
export type Wait = { below: number | undefined; from: number; count: number };

export function waits(entries: Entry[]): Wait[] {
  const ends = [...WAITS, undefined];
  return ends.map((below, index) => {
    const from = WAITS[index - 1] ?? 0;
    const count = entries.filter(({ execution_time_ms: took }) => took >= from && (below === undefined || took < below)).length;
    return { below, from, count };
  });
}
