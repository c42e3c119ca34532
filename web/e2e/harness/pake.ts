/** The built binary as a server, in a folder of its own. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { Program } from './program';
import { SOURCES } from './stand-in';

const BINARY = process.env.PAKE_BINARY ?? path.resolve('../target/debug/pake');
const run = promisify(execFile);

/** Passwords as weak as they may be: these tests are not about them. */
const QUICK = { PAKE_PASSWORDS__MEMORY_KIB: '8192', PAKE_PASSWORDS__ITERATIONS: '1' };
/** The app that it serves: its own, or the build that is named. */
const APP: Record<string, string> = process.env.PAKE_WEB__DIRECTORY ? { PAKE_WEB__DIRECTORY: path.resolve(process.env.PAKE_WEB__DIRECTORY) } : {};
/** A source that is held is waited for, however slow the machine. */
const PATIENT = {
  PAKE_SEARCH__DEADLINE: '50',
  PAKE_SERVER__REQUEST_TIMEOUT: '120',
  ...Object.fromEntries(SOURCES.map((source) => [`PAKE_SOURCES__${source.toUpperCase()}__TIMEOUT`, '50'])),
};

export type Role = 'viewer' | 'user' | 'manager' | 'admin' | 'super_admin';
export type Account = { username: string; password: string };

export class Pake {
  readonly folder: string;
  readonly #variables: Record<string, string>;
  #server: Program | undefined;
  #port = 0;
  #hasOperator = false;
  /** What may stand in an error of its log. */
  readonly expected: RegExp[] = [];

  private constructor(folder: string, variables: Record<string, string>) {
    this.folder = folder;
    this.#variables = { ...QUICK, ...PATIENT, ...APP, ...variables };
  }

  static async start(variables: Record<string, string>): Promise<Pake> {
    const pake = new Pake(await mkdtemp(path.join(tmpdir(), 'pake-browser-')), variables);
    await pake.serve();
    return pake;
  }

  get origin(): string {
    return `http://localhost:${this.#port}`;
  }

  /** Serves; at the same address when it has served before. */
  async serve(): Promise<void> {
    this.#server = new Program(BINARY, ['serve', '--listen', `127.0.0.1:${this.#port}`], this.folder, this.#variables, 'stderr');
    this.#port = await this.#server.until('the server says where it is', (line) => {
      const port = /http:\/\/localhost:(\d+)/.exec(line)?.[1];
      return port === undefined ? undefined : Number(port);
    });
  }

  /** Stops serving, as for a deployment. */
  async stop(): Promise<void> {
    await this.#server?.end();
  }

  /** Makes an account with a password of its own. The very first one operates PAKE, whatever it is meant to be: somebody else is that. */
  async account(username: string, role: Role): Promise<Account> {
    if (!this.#hasOperator) {
      this.#hasOperator = true;
      if (role !== 'super_admin') await this.account('operator', 'super_admin');
    }
    const made = await run(BINARY, ['user', 'add', username, '--role', role, '--generate'], {
      cwd: this.folder,
      env: { PATH: process.env.PATH, ...this.#variables },
    });
    return { username, password: made.stdout.trim() };
  }

  /** Ends it; an error in its log that nobody expects fails the test. */
  async end(): Promise<void> {
    await this.stop();
    const errors = (this.#server?.lines ?? []).filter(
      (line) => line.includes(' ERROR ') && !this.expected.some((words) => words.test(line)),
    );
    await rm(this.folder, { recursive: true, force: true });
    if (errors.length > 0) throw new Error(`the server's log has errors:\n${errors.join('\n')}`);
  }
}
