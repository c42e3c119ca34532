// What Prometheus sees of the production: everything that it asks answers.
import { check, eventually, step, told } from './checks.ts';
import { docker, named } from './docker.ts';

interface Target {
  health: string;
  labels: Record<string, string>;
  lastError: string;
}

/** Asks Prometheus, which is at no port of this machine, from beside it. */
function ask<T>(path: string): T {
  const answer = docker('exec', named('pake-nginx'), 'curl', '-fsS', `http://pake-prometheus:9090/api/v1/${path}`);
  return (JSON.parse(answer) as { data: T }).data;
}

/** The value of a metric for each of what it is told of. */
function values(metric: string): string[] {
  return ask<{ result: { value: [number, string] }[] }>(`query?query=${metric}`).result.map(({ value: [, value] }) => value);
}

export async function monitored(): Promise<void> {
  step('what is watched');
  let seen: Target[] = [];
  const [, after] = await eventually('every target answers', () => {
    seen = ask<{ activeTargets: Target[] }>('targets').activeTargets;
    return seen.length > 0 && seen.every((target) => target.health === 'up') ? true : undefined;
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${JSON.stringify(seen.map(({ labels, health, lastError }) => [labels.job, health, lastError]))}`);
  });
  const jobs = seen.map(({ labels }) => labels.job ?? '').sort();
  check(JSON.stringify(jobs) === JSON.stringify(['node', 'pake', 'pake-green', 'postgres']), 'both colours, the machine and the database are asked', jobs);
  await eventually('the database is seen', () => (values('pg_up').join() === '1' ? true : undefined));
  check(values('pake_build_info').length === 2, 'each colour says which release it is', values('pake_build_info'));
  check(values('node_memory_MemTotal_bytes').length === 1, 'the machine is seen');
  told(`all ${seen.length} targets answer ${after} ms after everything was well`);
}
