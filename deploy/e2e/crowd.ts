// Many people at work, as the web app has them: connections that are kept, slow bodies, WebSockets that follow searches and come
// back by themselves with what they know.
import { request } from 'node:https';
import { check, pause } from './checks.ts';
import { Client, type Frame, origin } from './client.ts';
import { figure } from './figures.ts';

const pages = ['/', '/healthz', '/api/v1/sources', '/api/v1/history', '/api/v1/auth/me'];
/** When it was, as the logs of the containers have it. */
const now = () => new Date().toISOString().slice(11, 23);
/** One question after the other, each of its own. */
let asked = 0;

/** Somebody who follows searches over a WebSocket, one after the other. */
class Follower {
  completed = 0;
  events = 0;
  reconnects = 0;
  lost: string[] = [];
  search: { id: string | undefined; seq: number; at: number } | undefined;
  #token: string;
  #running = true;
  #attempts = 0;
  #socket: WebSocket | undefined;
  #due: NodeJS.Timeout | undefined;

  constructor(token: string) {
    this.#token = token;
    this.#connect();
  }

  get isIdle(): boolean {
    return this.search === undefined;
  }

  /** Asks nothing more; what was asked is followed to its end. */
  rest(): void {
    this.#running = false;
  }

  close(): void {
    this.#running = false;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  #connect(): void {
    const socket = new WebSocket(`${origin.replace('https', 'wss')}/ws`);
    this.#socket = socket;
    socket.addEventListener('open', () => this.#send('auth', { token: this.#token }));
    socket.addEventListener('message', (event) => this.#hear(JSON.parse(String(event.data)) as Frame & { seq: number; search_id: string }));
    socket.addEventListener('error', () => undefined);
    socket.addEventListener('close', () => {
      if (this.#socket !== socket) return;
      this.reconnects += 1;
      const longest = Math.min(30_000, 500 * 2 ** this.#attempts);
      this.#attempts += 1;
      setTimeout(() => {
        if (this.#socket === socket) this.#connect();
      }, Math.random() * longest);
    });
  }

  #hear(frame: Frame & { seq: number; search_id: string }): void {
    if (frame.type === 'auth_success') {
      this.#attempts = 0;
      // A question whose beginning was never told is asked anew, as somebody at a page does.
      if (this.search?.id !== undefined) {
        this.#send('resume', { search_id: this.search.id, last_seq: this.search.seq });
      } else {
        this.search = undefined;
        this.#ask();
      }
    } else if (frame.type === 'error' || frame.type === 'auth_failed') {
      this.#misses(`${frame.type} ${JSON.stringify(frame.data)}`);
      this.search = undefined;
      this.#askLater(1000);
    } else if (frame.type.startsWith('search_') && frame.seq !== undefined && this.search !== undefined) {
      this.#told(frame);
    }
  }

  #told(frame: Frame & { seq: number; search_id: string }): void {
    const search = this.search;
    if (search === undefined || (search.id !== undefined && search.id !== frame.search_id)) return;
    search.id = frame.search_id;
    if (frame.seq <= search.seq) return;
    if (frame.seq !== search.seq + 1) this.#misses(`${frame.type} ${frame.seq} came after ${search.seq}`);
    search.seq = frame.seq;
    this.events += 1;
    if (frame.type !== 'search_completed' && frame.type !== 'search_failed') return;
    if (frame.type === 'search_failed') this.#misses(`failed: ${JSON.stringify(frame.data).slice(0, 200)}`);
    this.completed += 1;
    this.search = undefined;
    this.#askLater(15_000 + Math.random() * 15_000);
  }

  #misses(what: string): void {
    this.lost.push(`${now()} ${this.search?.id ?? 'no search yet'}: ${what}`);
  }

  /** One question is due at a time, however often the socket came back. */
  #askLater(milliseconds: number): void {
    clearTimeout(this.#due);
    this.#due = setTimeout(() => this.#ask(), milliseconds);
  }

  #ask(): void {
    if (!this.#running || this.search !== undefined || this.#socket?.readyState !== WebSocket.OPEN) return;
    asked += 1;
    this.search = { id: undefined, seq: 0, at: performance.now() };
    this.#send('search', { query: `lamps ${asked}`, sources: ['arxiv', 'crossref'] });
  }

  #send(type: string, data: unknown): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ type, data }));
  }
}

export interface Outcome {
  requests: number;
  failed: string[];
  uploads: number;
  searches: number;
  events: number;
  reconnects: number;
  lost: string[];
  slowest: number;
}

/** What nobody may have noticed. */
export function unnoticed(outcome: Outcome, what: string): void {
  const { requests, uploads, searches, events, reconnects, failed, lost, slowest } = outcome;
  figure(what, `${requests} requests and ${uploads} bodies of 5 s, ${failed.length} failed; ${searches} searches with ${events} events, ${lost.length} lost; ${reconnects} sockets came back; slowest answer ${(slowest / 1000).toFixed(1)} s`);
  check(failed.length === 0, `${what}: no request fails`, failed.slice(0, 10));
  check(lost.length === 0, `${what}: no event of a search is lost`, lost.slice(0, 10));
}

/** 64 who read, 4 who send slowly, 200 who follow searches. */
export class Crowd {
  readonly #seen: Outcome = { requests: 0, failed: [], uploads: 0, searches: 0, events: 0, reconnects: 0, lost: [], slowest: 0 };
  readonly #followers: Follower[];
  readonly #loops: Promise<void>[];
  #running = true;

  constructor(ada: Client, { readers = 64, senders = 4, followers = 200 } = {}) {
    this.#followers = Array.from({ length: followers }, () => new Follower(ada.token));
    this.#loops = [
      ...Array.from({ length: readers }, () => this.#read(ada.token)),
      ...Array.from({ length: senders }, (_, number) => this.#send(ada.token, number)),
    ];
  }

  async #read(token: string): Promise<void> {
    const client = new Client();
    client.token = token;
    await pause(Math.random() * 400);
    for (let turn = Math.floor(Math.random() * pages.length); this.#running; turn += 1) {
      const path = pages[turn % pages.length] ?? '/';
      const began = performance.now();
      const answer = await client.ask('GET', path);
      this.#seen.requests += 1;
      this.#seen.slowest = Math.max(this.#seen.slowest, performance.now() - began);
      if (answer.status < 200 || answer.status > 299) this.#seen.failed.push(`${now()} GET ${path}: ${answer.status} ${String(answer.headers['x-request-id'])} ${answer.body.slice(0, 300)}`);
      await pause(1000 + Math.random() * 500);
    }
  }

  /** A question of which a piece comes every half second, for five seconds. */
  async #send(token: string, number: number): Promise<void> {
    for (let turn = 0; this.#running; turn += 1) {
      const body = `${JSON.stringify({ query: `lanterns ${number} ${turn}`, sources: ['crossref'] })}${' '.repeat(100)}`;
      const { status, said } = await slowly(token, body);
      this.#seen.uploads += 1;
      if (status < 200 || status > 299) this.#seen.failed.push(`${now()} POST: ${status} ${said.slice(0, 300)}`);
    }
  }

  /** Everybody ends what they do; then it is told how it was. */
  async goesHome(): Promise<Outcome> {
    this.#running = false;
    for (const follower of this.#followers) follower.rest();
    await Promise.all(this.#loops);
    const until = performance.now() + 60_000;
    while (this.#followers.some((follower) => !follower.isIdle) && performance.now() < until) await pause(200);
    for (const follower of this.#followers) {
      if (follower.search !== undefined) this.#seen.lost.push(`a search has no end: ${JSON.stringify(follower.search)}`);
      this.#seen.lost.push(...follower.lost);
      this.#seen.searches += follower.completed;
      this.#seen.events += follower.events;
      this.#seen.reconnects += follower.reconnects;
      follower.close();
    }
    return this.#seen;
  }
}

function slowly(token: string, body: string): Promise<{ status: number; said: string }> {
  const { port, hostname: host } = new URL(origin);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), authorization: `Bearer ${token}`, prefer: 'wait=30' };
  return new Promise((resolve) => {
    const sent = request({ host, port, method: 'POST', path: '/api/v1/searches', headers, agent: false }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, said: Buffer.concat(parts).toString() }));
      answer.on('error', (error) => resolve({ status: 0, said: String(error) }));
    });
    sent.on('error', (error) => resolve({ status: 0, said: String(error) }));
    const piece = Math.ceil(body.length / 10);
    void (async () => {
      for (let at = 0; at < body.length; at += piece) {
        sent.write(body.slice(at, at + piece));
        await pause(500);
      }
      sent.end();
    })();
  });
}
