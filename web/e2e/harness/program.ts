/** A program that runs beside a test, read line by line. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const PATIENCE = 30_000;

/** Nothing of the developer's own settings reaches it. */
function environment(variables: Record<string, string>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^PAKE_|_proxy$/i.test(name));
  return { ...Object.fromEntries(own), ...variables };
}

export class Program {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: string[] = [];
  readonly #waiting = new Set<() => void>();
  #read = 0;
  #hasEnded = false;
  #failure: Error | undefined;

  constructor(path: string, args: string[], folder: string, variables: Record<string, string>, from: 'stdout' | 'stderr') {
    this.#child = spawn(path, args, { cwd: folder, env: environment(variables) });
    const other: Readable = from === 'stdout' ? this.#child.stderr : this.#child.stdout;
    other.resume();
    createInterface({ input: this.#child[from] }).on('line', (line) => {
      this.#lines.push(line);
      this.#wake();
    });
    this.#child.once('close', () => {
      this.#hasEnded = true;
      this.#wake();
    });
    this.#child.once('error', (error) => {
      this.#failure = error;
      this.#wake();
    });
  }

  /** Everything that it has said. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  say(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** The next line of which `find` makes something. */
  async until<T>(what: string, find: (line: string) => T | undefined): Promise<T> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      if (this.#failure) throw this.#failure;
      while (this.#read < this.#lines.length) {
        const found = find(this.#lines[this.#read++]!);
        if (found !== undefined) return found;
      }
      if (this.#hasEnded || Date.now() > deadline) throw new Error(`${what}: never\n${this.#lines.join('\n')}`);
      await this.#news(deadline);
    }
  }

  /** Ends it as an operator would, and waits until it has. */
  async end(): Promise<void> {
    if (this.#hasEnded) return;
    const ended = new Promise((done) => this.#child.once('close', done));
    this.#child.stdin.end();
    this.#child.kill('SIGTERM');
    await ended;
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  #news(deadline: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, Math.max(0, deadline - Date.now()));
      this.#waiting.add(() => {
        clearTimeout(timer);
        done();
      });
    });
  }
}
