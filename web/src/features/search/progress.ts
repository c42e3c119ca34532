/** What is known of a search while it runs: a pure function of the entries of its log. */
import type { Schema } from '@/lib/api';
import type { FrameOf, SearchFrame } from '@/lib/frames';

export type Work = Schema<'Work'>;
export type SourceReport = Schema<'SourceReport'>;

/** How far one source is: not asked yet, being asked, or how it went. */
export type SourceLine = {
  id: Schema<'SourceId'>;
  state: 'waiting' | 'asking' | SourceReport['state'];
  /** Records that have arrived. */
  found: number;
  report?: SourceReport;
};

/** `lost`: servers died while they ran it. */
export type Phase = 'asking' | 'streaming' | 'completed' | 'cancelled' | 'lost' | 'failed';

export type Progress = {
  phase: Phase;
  /** The question as the server understood it. */
  understood: string | undefined;
  sources: SourceLine[];
  works: ReadonlyMap<string, Work>;
  /** The ids in the order in which they came. */
  arrival: string[];
  /** The ids in the final order, once it is announced. */
  final: string[] | undefined;
  counts: Schema<'Counts'> | undefined;
  tookMs: number | undefined;
  /** How often late sources have changed the answer. */
  revisions: number;
  error: unknown;
  /** It is a copy on this device, from then. */
  keptAt: string | undefined;
};

export const BEGINNING: Progress = {
  phase: 'asking',
  understood: undefined,
  sources: [],
  works: new Map(),
  arrival: [],
  final: undefined,
  counts: undefined,
  tookMs: undefined,
  revisions: 0,
  error: undefined,
  keptAt: undefined,
};

/** Whether anything may still come. */
export const isRunning = (progress: Progress) => progress.phase === 'asking' || progress.phase === 'streaming' || (progress.phase === 'completed' && progress.sources.some((source) => source.state === 'late'));

function withSource(progress: Progress, line: SourceLine): SourceLine[] {
  const isKnown = progress.sources.some((source) => source.id === line.id);
  return isKnown ? progress.sources.map((source) => (source.id === line.id ? line : source)) : [...progress.sources, line];
}

function withChanges(progress: Progress, changes: Schema<'Change'>[]): Pick<Progress, 'works' | 'arrival'> {
  const works = new Map(progress.works);
  const gone = new Set<string>();
  const added: string[] = [];
  for (const change of changes) {
    if (change.change === 'absorbed') {
      works.delete(change.id);
      gone.add(change.id);
    } else {
      if (!works.has(change.work.id)) added.push(change.work.id);
      works.set(change.work.id, change.work);
    }
  }
  return { works, arrival: [...progress.arrival, ...added].filter((id) => !gone.has(id)) };
}

function told(progress: Progress, data: FrameOf<'search_progress'>['data']): Progress {
  switch (data.kind) {
    case 'search_source_started':
      return { ...progress, phase: phaseOf(progress), sources: withSource(progress, { id: data.source, state: 'asking', found: 0 }) };
    case 'search_source_results': {
      const known = progress.sources.find((source) => source.id === data.source);
      const line: SourceLine = { ...(known ?? { id: data.source, state: 'asking' }), found: (known?.found ?? 0) + data.changes.filter((change) => change.change !== 'absorbed').length };
      return { ...progress, phase: phaseOf(progress), ...withChanges(progress, data.changes), sources: withSource(progress, line) };
    }
    case 'search_source_finished':
    case 'search_source_failed':
      return { ...progress, phase: phaseOf(progress), sources: withSource(progress, { id: data.source, state: data.state, found: data.retrieved, report: data }) };
    case 'search_revised':
      return { ...progress, counts: data.counts, final: data.order.filter((id) => progress.works.has(id)), revisions: progress.revisions + 1 };
  }
}

/** Late sources come after the end; they do not make the search begin again. */
const phaseOf = (progress: Progress): Phase => (progress.phase === 'asking' ? 'streaming' : progress.phase);

/** The answer has every work whole, in the final order. Those that came keep their place in the order of arrival. */
function completed(progress: Progress, answer: FrameOf<'search_completed'>['data']): Progress {
  const works = new Map(answer.works.map((work) => [work.id, work]));
  const final = answer.works.map((work) => work.id);
  const arrival = [...new Set([...progress.arrival.filter((id) => works.has(id)), ...final])];
  const sources = answer.sources.map((report) => ({ id: report.source, state: report.state, found: report.retrieved, report }));
  return { ...progress, phase: 'completed', works, final, arrival, sources, counts: answer.counts, tookMs: answer.took_ms, keptAt: undefined };
}

/** What of an entry matters here. */
type Entry = SearchFrame extends infer Frame ? (Frame extends SearchFrame ? Pick<Frame, 'type' | 'data'> : never) : never;

export function advance(progress: Progress, frame: Entry): Progress {
  switch (frame.type) {
    case 'search_started':
      return { ...progress, phase: 'streaming', understood: frame.data.query, sources: frame.data.sources.map((id) => ({ id, state: 'waiting', found: 0 })) };
    case 'search_progress':
      return told(progress, frame.data);
    case 'search_completed':
      return completed(progress, frame.data);
    case 'search_failed':
      return { ...progress, phase: frame.data.error === 'lost' ? 'lost' : 'cancelled' };
  }
}
