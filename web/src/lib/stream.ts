/** The one WebSocket of the page: follows searches, hears topics, comes back by itself and resumes where it was. */
import { useSyncExternalStore } from 'react';

import type { AskedTopic, Frame, FrameOf, SearchFrame, Topic } from './frames';
import { refresh } from './session';

const PING_EVERY = 25_000;
const PONG_WITHIN = 10_000;
const BACKOFF_FIRST = 500;
const BACKOFF_MOST = 30_000;
const ASKED = new Set<Topic>(['system_metrics'] satisfies AskedTopic[]);

export type StreamState = 'idle' | 'connecting' | 'open' | 'waiting';
export type StreamComplaint = { code: string; error: string };

type Follower = {
  lastSeq: number;
  onFrame: (frame: SearchFrame) => void;
  onComplaint: ((complaint: StreamComplaint) => void) | undefined;
};

export class Stream {
  #socket: WebSocket | undefined;
  #state: StreamState = 'idle';
  #attempts = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #ping: ReturnType<typeof setInterval> | undefined;
  #pong: ReturnType<typeof setTimeout> | undefined;
  readonly #followed = new Map<string, Follower>();
  readonly #topics = new Map<Topic, Set<(frame: never) => void>>();
  readonly #watchers = new Set<() => void>();

  constructor() {
    window.addEventListener('online', () => this.#hurry());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.#hurry();
    });
  }

  get state(): StreamState {
    return this.#state;
  }

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  };

  /** Follows a search from after `lastSeq` until the returned function is called. */
  follow(
    searchId: string,
    onFrame: (frame: SearchFrame) => void,
    options: { lastSeq?: number; onComplaint?: (complaint: StreamComplaint) => void } = {},
  ): () => void {
    const follower = { lastSeq: options.lastSeq ?? 0, onFrame, onComplaint: options.onComplaint };
    this.#followed.set(searchId, follower);
    if (this.#state === 'open') this.#resume(searchId, follower);
    else this.#connect();
    return () => {
      if (this.#followed.get(searchId) === follower) this.#followed.delete(searchId);
    };
  }

  /** Hears a topic until the returned function is called. */
  on<T extends Topic>(topic: T, listener: (frame: FrameOf<T>) => void): () => void {
    const listeners = this.#topics.get(topic) ?? new Set();
    this.#topics.set(topic, listeners.add(listener));
    if (this.#state === 'open' && listeners.size === 1) this.#ask('subscribe', topic);
    this.#connect();
    return () => {
      if (listeners.delete(listener) && listeners.size === 0) this.#ask('unsubscribe', topic);
    };
  }

  /** Lets go of the connection: somebody signed out. Whoever follows or listens next opens a new one. */
  close(): void {
    this.#followed.clear();
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#socket?.close();
    this.#lost(false);
  }

  #hurry(): void {
    if (this.#state !== 'waiting') return;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#connect();
  }

  #connect(): void {
    if (this.#socket || this.#retry !== undefined) return;
    if (!navigator.onLine) {
      // The network tells when it is back.
      this.#become('waiting');
      return;
    }
    const socket = new WebSocket(`${window.location.origin.replace(/^http/, 'ws')}/ws`);
    this.#socket = socket;
    this.#become('connecting');
    const openedAt = Date.now();
    // Who one is, the cookie says; the answer tells whether it still holds.
    socket.onopen = () => this.#send({ type: 'auth', data: {} });
    socket.onmessage = (event: MessageEvent<string>) => {
      if (this.#socket === socket) this.#understand(JSON.parse(event.data) as Frame, openedAt);
    };
    socket.onclose = () => {
      if (this.#socket === socket) this.#lost(true);
    };
  }

  #understand(frame: Frame, openedAt: number): void {
    switch (frame.type) {
      case 'auth_success':
        this.#opened();
        break;
      case 'auth_failed':
        // Resumes at once with a new token; without one, whoever asks over HTTP is sent to sign in.
        void refresh(openedAt).then((isRefreshed) => {
          if (isRefreshed) this.#hurry();
        });
        break;
      case 'pong':
        clearTimeout(this.#pong);
        break;
      case 'error':
        this.#complained(frame);
        break;
      case 'search_started':
      case 'search_progress':
      case 'search_completed':
      case 'search_failed':
        this.#told(frame);
        break;
      case 'search_history_updated':
      case 'preferences_updated':
      case 'system_alert':
      case 'security_alert':
      case 'system_metrics':
        for (const listener of this.#topics.get(frame.type) ?? []) listener(frame as never);
        break;
      case 'reconnect':
        // The close that follows brings us back.
        break;
    }
  }

  #told(frame: SearchFrame): void {
    const follower = this.#followed.get(frame.search_id);
    // After a drop the server may tell once more what is known already.
    if (!follower || frame.seq <= follower.lastSeq) return;
    follower.lastSeq = frame.seq;
    follower.onFrame(frame);
  }

  #complained(frame: FrameOf<'error'>): void {
    const searchId = frame.data.in_reply_to;
    const follower = typeof searchId === 'string' ? this.#followed.get(searchId) : undefined;
    if (typeof searchId !== 'string' || !follower) return;
    this.#followed.delete(searchId);
    follower.onComplaint?.(frame.data);
  }

  #opened(): void {
    this.#attempts = 0;
    this.#become('open');
    for (const [searchId, follower] of this.#followed) this.#resume(searchId, follower);
    for (const [topic, listeners] of this.#topics) if (listeners.size > 0) this.#ask('subscribe', topic);
    this.#ping = setInterval(() => {
      this.#send({ type: 'ping', data: {} });
      clearTimeout(this.#pong);
      this.#pong = setTimeout(() => {
        // Half open: the other end is gone and nobody said so.
        this.#socket?.close();
        this.#lost(true);
      }, PONG_WITHIN);
    }, PING_EVERY);
  }

  #resume(searchId: string, follower: Follower): void {
    this.#send({ type: 'resume', message_id: searchId, search_id: searchId, last_seq: follower.lastSeq, data: {} });
  }

  /** Some topics come only to those who ask for them. */
  #ask(type: 'subscribe' | 'unsubscribe', topic: Topic): void {
    if (ASKED.has(topic)) this.#send({ type, data: { topics: [topic] } });
  }

  #lost(mayComeBack: boolean): void {
    this.#socket = undefined;
    clearInterval(this.#ping);
    clearTimeout(this.#pong);
    const isWanted = this.#followed.size > 0 || [...this.#topics.values()].some((listeners) => listeners.size > 0);
    if (!mayComeBack || !isWanted) {
      this.#become('idle');
      return;
    }
    const longest = Math.min(BACKOFF_MOST, BACKOFF_FIRST * 2 ** this.#attempts);
    this.#attempts += 1;
    this.#become('waiting');
    // Full jitter: a server that comes back is not run over by everybody at once.
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#connect();
    }, Math.random() * longest);
  }

  #send(message: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #become(state: StreamState): void {
    this.#state = state;
    for (const watcher of this.#watchers) watcher();
  }
}

/** The page's. */
export const stream = new Stream();

export function useStreamState(): StreamState {
  return useSyncExternalStore(stream.watch, () => stream.state);
}
