// `pake` as an operator runs it on this machine, and what stands there afterwards.
import { spawn, execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { check } from './checks.ts';
import { docker } from './docker.ts';

const folder = process.env.PAKE_E2E_FOLDER ?? '';
const project = process.env.COMPOSE_PROJECT_NAME ?? '';
const place = ['--folder', folder, '--compose-file', 'compose.yaml', '--compose-file', 'e2e/compose.yaml'];
export const state = `${folder}/state`;

let binary = process.env.PAKE_BINARY ?? '';

/** The binary that deploys: the one that was given, else the one in the image. */
export function takeBinary(): void {
  if (binary !== '') return;
  const id = docker('create', process.env.PAKE_IMAGE ?? '').trim();
  binary = `${folder}/pake`;
  docker('cp', `${id}:/usr/local/bin/pake`, binary);
  docker('rm', id);
}

export interface Event {
  event: string;
  step?: string;
  why?: string;
  deploy?: string;
  took_ms?: number;
}

export interface Run {
  code: number | null;
  events: (Event & { at: number })[];
  said: string;
  /** From its start to its end, in milliseconds. */
  took: number;
}

/** A deployer at work. */
export class Deployer {
  readonly ended: Promise<Run>;
  #child;

  constructor(words: string[], more: string[] = []) {
    const began = performance.now();
    const run: Run = { code: null, events: [], said: '', took: 0 };
    this.#child = spawn(binary, [...words, ...place, ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
    let rest = '';
    this.#child.stdout.on('data', (piece: Buffer) => {
      const lines = (rest + piece.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.startsWith('{"')) run.events.push({ ...(JSON.parse(line) as Event), at: performance.now() - began });
        else run.said += `${line}\n`;
      }
    });
    this.#child.stderr.on('data', (piece: Buffer) => (run.said += piece.toString()));
    this.ended = new Promise((resolve) =>
      this.#child.on('close', (code) => resolve({ ...run, code, said: run.said + rest, took: performance.now() - began })),
    );
  }

  /** As when the machine runs out of memory. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** Runs `pake` to its end. */
export const pake = (...words: string[]): Promise<Run> => new Deployer(words).ended;

/** Deploys this image, and watches it for a moment only. */
export const deploy = (image: string, ...more: string[]): Promise<Run> => pake('deploy', '--json', '--bake', '2', '--image', image, ...more);

/** Lines of the newest journal. */
export function lines(): { name: string; count: number } {
  const names = existsSync(state) ? readdirSync(state).filter((name) => name.endsWith('.jsonl')).sort() : [];
  const name = names.at(-1) ?? '';
  return { name, count: name === '' ? 0 : readFileSync(`${state}/${name}`, 'utf8').split('\n').length - 1 };
}

interface Status {
  live: { colour: string | null; release: string | null; is_well: boolean };
  edge: { is_good: boolean };
  under_way: unknown;
  deployer: unknown;
}

/** What `pake status` says. */
export async function status(): Promise<Status> {
  const run = await pake('status', '--json');
  const [line] = run.said.split('\n');
  try {
    return JSON.parse(run.events.length > 0 ? JSON.stringify(run.events[0]) : (line ?? '')) as Status;
  } catch {
    throw new Error(`pake status: ${run.said}`);
  }
}

/** One colour is live and well, the edge is answered by it, nobody holds the lock, nothing is left over. Gives the release. */
export async function isTidy(after: string): Promise<string | null> {
  const seen = await status();
  check(seen.live.is_well && seen.edge.is_good, `${after}: what is live is well`, seen);
  check(seen.under_way === null && seen.deployer === null, `${after}: nothing is under way and nobody holds the lock`, [seen.under_way, seen.deployer]);
  const listed = (label: string) =>
    execFileSync('docker', ['ps', '--all', '--format', '{{.Names}}', '--filter', `label=${label}`], { encoding: 'utf8' }).split('\n').filter((name) => name.includes(project));
  const colours = listed('pake.colour');
  check(colours.length === 1, `${after}: one colour is left`, colours);
  check(listed('pake.once').length === 0, `${after}: nothing that runs once is left`, listed('pake.once'));
  return seen.live.release;
}
