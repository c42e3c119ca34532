// The public services, as a stand-in on this machine that the containers reach at the gateway of their network.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { type Server, connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';

const gateway = `${process.env.PAKE_E2E_NETWORK ?? '10.231.7'}.1`;
const port = Number(process.env.PAKE_SOURCES_PORT ?? 9690);

export class Sources {
  #program: ChildProcessWithoutNullStreams;
  #inner: number;
  #door: Server | undefined;

  private constructor(program: ChildProcessWithoutNullStreams, inner: number) {
    this.#program = program;
    this.#inner = inner;
  }

  /** Starts it, and writes the settings that lead PAKE there into a file. */
  static async start(settings: string, more: Record<string, string> = {}): Promise<Sources> {
    const program = spawn(process.env.PAKE_STAND_IN ?? 'target/debug/stand-in', { stdio: 'pipe' });
    const first = await new Promise<string>((resolve, reject) => {
      createInterface(program.stdout).once('line', resolve);
      program.once('error', reject);
    });
    const variables = JSON.parse(first) as Record<string, string>;
    const inner = Number(/127\.0\.0\.1:(\d+)/.exec(first)?.[1]);
    const outside = (value: string) => value.replaceAll(`127.0.0.1:${inner}`, `${gateway}:${port}`);
    writeFileSync(settings, Object.entries({ ...variables, ...more }).map(([name, value]) => `${name}=${outside(value)}\n`).join(''));
    return new Sources(program, inner);
  }

  /** Lets the containers in: their network is there by now. */
  async open(): Promise<void> {
    this.#door = createServer((from) => {
      const to = connect(this.#inner, '127.0.0.1');
      from.pipe(to).pipe(from);
      for (const one of [from, to]) one.on('error', () => { from.destroy(); to.destroy(); });
    });
    await new Promise<void>((resolve, reject) => this.#door?.once('error', reject).listen(port, gateway, resolve));
  }

  /** Tells the stand-in: `hold arxiv`, `release arxiv`. */
  order(line: string): void {
    this.#program.stdin.write(`${line}\n`);
  }

  stop(): void {
    this.#door?.close();
    this.#program.kill();
  }
}
