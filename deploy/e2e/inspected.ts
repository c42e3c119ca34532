// What `docker inspect` tells of every container: that none may more than it needs.
import { readFileSync, readdirSync } from 'node:fs';
import { check } from './checks.ts';
import { type Container, containers, docker } from './docker.ts';

interface Wanted {
  user: string;
  networks: string[];
  ports?: string[];
  capabilities?: string[];
}

/** Who runs in each, and which networks it is in. */
const expected: Record<string, Wanted> = {
  'pake-backend-blue': { user: '10001:10001', networks: ['app', 'data'] },
  'pake-backend-green': { user: '10001:10001', networks: ['app', 'data'] },
  'pake-sockets': { user: '10001:10001', networks: [] },
  'pake-frontend': { user: '101:101', networks: ['app'] },
  'pake-nginx': { user: '101:10001', networks: ['app', 'edge'], ports: ['8080/tcp', '8443/tcp'] },
  'pake-postgres': { user: '999:999', networks: ['data'] },
  'pake-postgres-replica': { user: '999:999', networks: ['data'] },
  'pake-redis': { user: '999:999', networks: ['data'] },
};

/** Those of the profile `monitoring`. */
const watching: Record<string, Wanted> = {
  'pake-prometheus': { user: '65534:65534', networks: ['app', 'data'] },
  'pake-postgres-exporter': { user: '65534:65534', networks: ['data'] },
  'pake-node-exporter': { user: '65534:65534', networks: ['data'] },
};

/** Whether the images of this profile could be had. */
export const isThere = (profile: string) => (process.env.PAKE_E2E_PROFILES ?? '').split(',').includes(profile);

const mostBytes = 60 * 1000 * 1000;

export function inspected(folder: string): void {
  const all = containers();
  const awaited = { ...expected, ...(isThere('monitoring') ? watching : {}) };
  check(JSON.stringify([...all.keys()].sort()) === JSON.stringify(Object.keys(awaited).sort()), 'these containers and no others', [...all.keys()]);
  for (const [service, wanted] of Object.entries(awaited)) {
    const one = all.get(service);
    if (one) isConfined(service, one, wanted);
  }
  const text = JSON.stringify([...all.values()]);
  for (const name of readdirSync(`${folder}/secrets`)) {
    const secret = readFileSync(`${folder}/secrets/${name}`, 'utf8').trim().replace(/^requirepass /, '');
    check(secret === '' || !text.includes(secret), `the secret ${name} is not shown by docker inspect`);
  }
  check(isInternal('data') && !isInternal('edge'), 'nothing leads into or out of the network data');
  const image = (JSON.parse(docker('image', 'inspect', process.env.PAKE_IMAGE ?? '')) as [{ Size: number; Config: { Labels: Record<string, string>; User: string } }])[0];
  check(image.Size < mostBytes, 'the image is smaller than 60 MB', image.Size);
  check(image.Config.Labels['org.opencontainers.image.title'] === 'PAKE', 'the image says what it is', image.Config.Labels);
}

export function isConfined(service: string, one: Container, wanted: Wanted): void {
  const { HostConfig: host } = one;
  const is = (isSo: boolean, what: string, seen?: unknown) => check(isSo, `${service} ${what}`, seen);
  is(one.Config.User === wanted.user, `runs as ${wanted.user}`, one.Config.User);
  const added = (host.CapAdd ?? []).map((name) => name.replace(/^CAP_/, '')).sort();
  is(host.CapDrop?.includes('ALL') === true && JSON.stringify(added) === JSON.stringify(wanted.capabilities ?? []), 'has no capability but what it must', [host.CapDrop, added]);
  is(host.SecurityOpt?.includes('no-new-privileges:true') === true && !host.Privileged, 'gets no privileges', host.SecurityOpt);
  is(host.ReadonlyRootfs, 'cannot write into its root');
  is(host.Memory > 0 && host.PidsLimit > 0, 'has limits of memory and processes', [host.Memory, host.PidsLimit]);
  is(host.LogConfig.Config['max-size'] !== undefined, 'has logs that do not grow for ever', host.LogConfig);
  is(host.RestartPolicy.Name === (service === 'pake-sockets' ? 'no' : 'unless-stopped'), 'comes back by itself', host.RestartPolicy);
  const project = process.env.COMPOSE_PROJECT_NAME ?? '';
  const networks = Object.keys(one.NetworkSettings.Networks).filter((name) => name !== 'none').map((name) => name.replace(`${project}_`, ''));
  is(JSON.stringify(networks.sort()) === JSON.stringify(wanted.networks), `is in the networks ${wanted.networks.join(', ')}`, networks);
  const ports = Object.keys(host.PortBindings ?? {}).sort();
  is(JSON.stringify(ports) === JSON.stringify(wanted.ports ?? []), 'publishes nothing but what it must', ports);
}

function isInternal(name: string): boolean {
  const project = process.env.COMPOSE_PROJECT_NAME ?? '';
  return (JSON.parse(docker('network', 'inspect', `${project}_${name}`)) as [{ Internal: boolean }])[0].Internal;
}
