/** One search as this page follows it: asked over HTTP, followed over the socket, kept while one looks at other pages. */
import { api, take } from '@/lib/api';
import type { FrameOf } from '@/lib/frames';
import { findKept, keep } from '@/lib/offline';
import { Unreachable } from '@/lib/problem';
import { stream } from '@/lib/stream';

import type { Question } from './address';
import { advance, BEGINNING, isRunning, type Progress } from './progress';

type KeptAnswer = { understood: string | undefined; answer: FrameOf<'search_completed'>['data'] };

const keyOf = (question: Question) => JSON.stringify([question.query, question.sources, question.limit, question.isPrivate]);

/** How long is waited for the connection before what is kept here is shown. */
const PATIENCE = 2_000;

/** How long the log of a search that was made before is read before what it says so far is shown: its end, and not the way there. */
const HELD = 150;

/** What the address says of a search that was on the server before, which may be forgotten there. */
const FORGOTTEN = new Set(['not_found', 'gone']);

export class Run {
  readonly question: Question;
  readonly key: string;
  #id: string | undefined;
  #progress: Progress = BEGINNING;
  /** The one that is waited for: what comes of any other is of no use any more. */
  #asking: object | undefined;
  #stop: (() => void) | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #isHeld = false;
  readonly #watchers = new Set<() => void>();

  constructor(question: Question, id?: string) {
    this.question = question;
    this.key = keyOf(question);
    if (id === undefined) void this.#ask(false);
    else this.#follow(id, true);
  }

  get id(): string | undefined {
    return this.#id;
  }

  get progress(): Progress {
    return this.#isHeld ? BEGINNING : this.#progress;
  }

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  };

  /** Asks the sources themselves, although an answer is kept. */
  askAnew(): void {
    this.leave();
    this.#id = undefined;
    this.#become(BEGINNING);
    void this.#ask(true);
  }

  /** Asks no further; what has come stays. */
  async cancel(): Promise<void> {
    if (this.#id !== undefined) await take(api.DELETE('/api/v1/searches/{id}', { params: { path: { id: this.#id } } }));
  }

  /** Hears no more of it: something else is looked for. */
  leave(): void {
    this.#asking = undefined;
    clearTimeout(this.#patience);
    this.#stop?.();
    this.#stop = undefined;
  }

  async #ask(refresh: boolean): Promise<void> {
    const { query, sources, limit, isPrivate } = this.question;
    const asking = {};
    this.#asking = asking;
    try {
      const body = { query, sources, refresh, anonymous: isPrivate, ...(limit !== undefined && { limit }) };
      const accepted = await take(api.POST('/api/v1/searches', { body }));
      if (this.#asking === asking) this.#follow(accepted.id, accepted.status !== 'running');
    } catch (error) {
      if (this.#asking === asking) await this.#fail(error);
    }
  }

  async #fail(error: unknown): Promise<void> {
    const isShown = error instanceof Unreachable && (await this.#showKept());
    if (!isShown) this.#become({ ...BEGINNING, phase: 'failed', error });
  }

  /** Without a network, what this device has of the same question is better than nothing. */
  async #showKept(): Promise<boolean> {
    const kept = await findKept<KeptAnswer>(this.key);
    if (!kept || this.#progress.works.size > 0) return false;
    const { understood, answer } = kept.data;
    this.#become({ ...advance(BEGINNING, { type: 'search_completed', data: answer }), understood, keptAt: kept.at });
    return true;
  }

  #follow(id: string, isOver: boolean): void {
    this.#id = id;
    this.#isHeld = isOver;
    this.#become(this.#progress);
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => {
      if (stream.state !== 'open') void this.#showKept();
    }, PATIENCE);
    this.#stop = stream.follow(
      id,
      (frame) => {
        this.#become(advance(this.#progress, frame));
        if (frame.type === 'search_completed' && !this.question.isPrivate) void keep(this.key, { understood: this.#progress.understood, answer: frame.data });
        // Nothing more will come: after a drop there is nothing to resume.
        if (!isRunning(this.#progress)) this.leave();
      },
      {
        onComplaint: ({ code, error }) => {
          if (FORGOTTEN.has(code)) void this.#ask(false);
          else this.#become({ ...this.#progress, phase: 'failed', error: new Error(error) });
        },
      },
    );
  }

  #become(progress: Progress): void {
    if (this.#isHeld && this.#progress === BEGINNING && progress !== BEGINNING) setTimeout(() => this.#release(), HELD);
    this.#progress = progress;
    if (this.#isHeld && (progress.phase === 'asking' || progress.phase === 'streaming')) return;
    this.#release();
  }

  #release(): void {
    this.#isHeld = false;
    for (const watcher of this.#watchers) watcher();
  }
}

let current: Run | undefined;

/** The run that answers a question: the one under way when it is the same, else a new one. */
export function runOf(question: Question, id: string | undefined): Run {
  const isSame = current?.key === keyOf(question) && (current.id === id || (id === undefined && current.id === undefined && current.progress.phase !== 'failed'));
  if (current && isSame) return current;
  current?.leave();
  current = new Run(question, id);
  return current;
}

/** Forgets the run: somebody else sits here, or the page begins anew. */
export function forgetRun(): void {
  current?.leave();
  current = undefined;
}
