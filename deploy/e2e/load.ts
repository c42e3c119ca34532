// People at work, while something else happens: pages, reading, and a question whose answer is kept.
import { type Client } from './client.ts';
import { pause } from './checks.ts';

interface Seen {
  what: string;
  status: number;
  at: number;
}

/** Below what nginx lets one client do in a second. */
const every = { page: 150, read: 250, ask: 500 };

export class Load {
  readonly seen: Seen[] = [];
  #running = true;
  #loops: Promise<void>[];

  constructor(client: Client, question: unknown) {
    this.#loops = [
      this.#repeat('page', () => client.ask('GET', '/')),
      this.#repeat('read', () => client.ask('GET', '/api/v1/sources')),
      this.#repeat('ask', () => client.ask('POST', '/api/v1/searches', question, { prefer: 'wait=30' })),
    ];
  }

  async #repeat(what: keyof typeof every, ask: () => Promise<{ status: number }>): Promise<void> {
    while (this.#running) {
      const { status } = await ask();
      this.seen.push({ what, status, at: performance.now() });
      await pause(every[what]);
    }
  }

  /** How many of a kind were answered since then, and the statuses of those that failed. */
  since(then: number, what?: keyof typeof every): { answered: number; failed: number[] } {
    const these = this.seen.filter((one) => one.at >= then && (what === undefined || one.what === what));
    return { answered: these.length, failed: these.map((one) => one.status).filter((status) => status < 200 || status > 299) };
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#loops);
  }
}
