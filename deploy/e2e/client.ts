// Somebody who uses PAKE through nginx, over TLS.
import { Agent, request } from 'node:https';

const port = Number(process.env.PAKE_HTTPS_PORT ?? 9643);
export const origin = `https://localhost:${port}`;

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** One who signs in, or not. */
export class Client {
  token = '';
  // A connection of one's own, so that a killed server is seen as what it is.
  #agent = new Agent({ keepAlive: true, maxSockets: 16 });

  /** Asks; a connection that breaks is status 0. */
  ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    if (sent !== undefined) headers = { 'content-type': 'application/json', ...headers };
    if (this.token !== '') headers = { authorization: `Bearer ${this.token}`, ...headers };
    return new Promise((resolve) => {
      const asked = request({ agent: this.#agent, host: 'localhost', port, method, path, headers, timeout: 90_000 }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        const done = () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(parts).toString() });
        answer.on('end', done);
        answer.on('error', () => resolve({ status: 0, headers: {}, body: 'broke off' }));
      });
      asked.on('error', (error) => resolve({ status: 0, headers: {}, body: String(error) }));
      asked.end(sent);
    });
  }

  async json<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<T> {
    const answer = await this.ask(method, path, body, headers);
    if (answer.status < 200 || answer.status > 299) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
    return JSON.parse(answer.body) as T;
  }

  async signIn(username: string, password: string): Promise<void> {
    const { access_token } = await this.json<{ access_token: string }>('POST', '/api/v1/auth/login', { username, password });
    this.token = access_token;
  }

  /** Opens a WebSocket and signs in there. */
  async socket(): Promise<Socket> {
    const socket = new Socket(new WebSocket(`wss://localhost:${port}/ws`));
    await socket.opened;
    socket.send('auth', { token: this.token });
    await socket.await((frame) => frame.type === 'auth_success');
    return socket;
  }
}

export interface Frame {
  type: string;
  data: Record<string, unknown>;
}

/** A WebSocket of which the frames are read one after the other. */
export class Socket {
  readonly opened: Promise<void>;
  readonly closed: Promise<number>;
  readonly frames: Frame[] = [];
  #socket: WebSocket;
  #waiting: (() => void)[] = [];

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.opened = new Promise((resolve, reject) => {
      socket.addEventListener('open', () => resolve());
      socket.addEventListener('error', () => reject(new Error('the WebSocket does not open')));
    });
    this.closed = new Promise((resolve) => socket.addEventListener('close', (event) => resolve(event.code)));
    socket.addEventListener('message', (event) => {
      this.frames.push(JSON.parse(String(event.data)) as Frame);
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  send(type: string, data: unknown): void {
    this.#socket.send(JSON.stringify({ type, data }));
  }

  /** The first frame of this kind, come or to come. */
  async await(wanted: (frame: Frame) => boolean): Promise<Frame> {
    const until = performance.now() + 30_000;
    for (;;) {
      const found = this.frames.find(wanted);
      if (found) return found;
      if (performance.now() > until) throw new Error(`no such frame among ${JSON.stringify(this.frames.map((frame) => frame.type))}`);
      await Promise.race([new Promise<void>((resolve) => this.#waiting.push(resolve)), new Promise((resolve) => setTimeout(resolve, 1000))]);
    }
  }

  close(): void {
    this.#socket.close();
  }
}
