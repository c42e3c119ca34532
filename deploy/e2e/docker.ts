// Docker as the tests use it: compose for this one project, and what `inspect` tells.
import { execFileSync, spawnSync } from 'node:child_process';

const folder = process.env.PAKE_E2E_FOLDER ?? '';
const files = [`${folder}/compose.yaml`, `${folder}/e2e/compose.yaml`].flatMap((file) => ['--file', file]);
const compose = ['compose', '--project-directory', folder, '--env-file', `${folder}/.env.production`, ...files];

/** What `docker inspect` tells of a container, as far as it is looked at. */
export interface Container {
  Name: string;
  Config: { User: string; Env: string[]; Labels: Record<string, string>; Image: string };
  HostConfig: {
    CapDrop: string[] | null;
    CapAdd: string[] | null;
    ReadonlyRootfs: boolean;
    SecurityOpt: string[] | null;
    Memory: number;
    PidsLimit: number;
    Privileged: boolean;
    RestartPolicy: { Name: string };
    LogConfig: { Type: string; Config: Record<string, string> };
    PortBindings: Record<string, { HostPort: string }[]> | null;
  };
  NetworkSettings: { Networks: Record<string, unknown> };
  State: { Status: string; ExitCode: number; Health?: { Status: string } };
  RestartCount: number;
}

/** Runs docker; fails with what it said. */
export function docker(...words: string[]): string {
  return execFileSync('docker', words, { encoding: 'utf8', maxBuffer: 64 << 20, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs docker compose on this project. */
export function inProject(...words: string[]): string {
  return docker(...compose, ...words);
}

/** Runs docker compose with this as its input. */
export function tell(input: string, ...words: string[]): string {
  const run = spawnSync('docker', [...compose, ...words], { encoding: 'utf8', input });
  if (run.status !== 0) throw new Error(`${words.join(' ')}: ${run.stderr}`);
  return run.stdout;
}

/** The container of a service, running or not. */
export function container(service: string): Container {
  const [id] = inProject('ps', '--all', '--quiet', service).trim().split('\n');
  if (!id) throw new Error(`there is no container of ${service}`);
  return (JSON.parse(docker('inspect', id)) as [Container])[0];
}

/** Every container of the project, by its service. */
export function containers(): Map<string, Container> {
  const ids = inProject('ps', '--all', '--quiet').trim().split('\n');
  const found = JSON.parse(docker('inspect', ...ids)) as Container[];
  return new Map(found.map((one) => [one.Config.Labels['com.docker.compose.service'] ?? one.Name, one]));
}

/** The name by which docker knows the container of a service. */
export const named = (service: string) => container(service).Name.slice(1);
