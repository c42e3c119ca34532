// What goes wrong with deployments: each ends with the old release serving, the lock free and nothing left over, and says what to do.
import { spawnSync } from 'node:child_process';
import { mkdirSync, statfsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { check, pause, step, told } from './checks.ts';
import { Deployer, type Run, deploy, isTidy, pake, state } from './deployer.ts';
import { docker, named } from './docker.ts';
import { behind, good } from './images.ts';

const project = process.env.COMPOSE_PROJECT_NAME ?? '';

/** A deployment that does not work out. */
async function refused(what: string, before: string | null, run: Promise<Run>, says: RegExp): Promise<void> {
  step(what);
  const { code, said, events, took } = await run;
  const all = `${said}\n${events.map((event) => event.why ?? '').join('\n')}`;
  check(code === 1, `${what}: it is the world's fault`, [code, all.slice(-1500)]);
  check(says.test(all), `${what}: it says why`, all.slice(-700));
  check((await isTidy(what)) === before, `${what}: the old release serves on`);
  const [error = ''] = said.split('\n').filter((line) => line.startsWith('error:'));
  told(`${(took / 1000).toFixed(1)} s: ${error.slice(0, 220)}`);
}

export async function misfortunes(first: string | null): Promise<void> {
  let live = first;
  await refused('a broken image', live, deploy(behind('broken', 'case $1 in serve) echo "no such library" >&2; exit 127;; esac')), /ended right after its start|has ended|is gone|started anew/);
  await refused('a release that is ready and does not do what it should', live, deploy(behind('smoke', 'case $1 in smoke) echo "nobody can sign in" >&2; exit 1;; esac')), /nobody can sign in/);
  await refused('a step of the database that fails', live, deploy(behind('migration', 'case "$1 $2" in "migrate expand") echo "lock timeout" >&2; exit 1;; esac')), /`pake migrate expand` ended with 1: lock timeout/);
  live = await slowly(live);
  await refused('a doctor who finds something', live, deploy(behind('ill', `case $1 in doctor) echo '[{"what":"mail","result":"bad","said":"nobody listens at mail.test:587"}]'; exit 1;; esac`)), /mail: nobody listens at mail.test:587/);
  await refused('an image that is nowhere', live, deploy('pake-e2e.invalid/none:1'), /cannot fetch the image .* is the name right/);
  await refused('no room for the journal', live, full(), /is full .* nothing was begun. Make room/s);
  await taken(live);
  await portTaken(live);
  const flaps = behind('flapping', 'case $1 in serve) while :; do pake serve & sleep 2.5; kill -9 $!; wait $!; sleep 3; done;; esac');
  await refused('health that comes and goes', live, deploy(flaps), /was not ready 5 times in a row within 60 s/);
  await twoAtOnce();
}

/** A step of the database that takes its time: it is waited for. */
async function slowly(live: string | null): Promise<string | null> {
  step('a step of the database that is slow');
  const run = await deploy(behind('slow', 'case "$1 $2" in "migrate expand") sleep 8;; esac'));
  check(run.code === 0, 'it is waited for', run.said.slice(-1500));
  check((await isTidy('a slow step')) !== live, 'the new release serves');
  told(`${(run.took / 1000).toFixed(1)} s with a step of 8 s`);
  const back = await pake('rollback', '--json', '--bake', '0');
  check(back.code === 0, 'back again', back.said.slice(-1500));
  return isTidy('back again');
}

/** The disk of the journals is full. */
async function full(): Promise<Run> {
  const small = `${state}-small`;
  mkdirSync(small, { recursive: true });
  check(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', small]).status === 0, 'a small disk can be mounted');
  try {
    spawnSync('cp', ['-r', `${state}/.`, small]);
    const { bavail, bsize } = statfsSync(small);
    writeFileSync(`${small}/filler`, Buffer.alloc(bavail * bsize - (300 << 10)));
    return await new Deployer(['deploy', '--image', good('room')], ['--state', small]).ended;
  } finally {
    spawnSync('umount', [small]);
  }
}

/** Somebody else has the name under which the new release would run. */
async function taken(live: string | null): Promise<void> {
  const [colour] = docker('ps', '--filter', 'label=pake.colour', '--format', '{{.Label "pake.colour"}} {{.Names}}').split('\n').filter((line) => line.includes(project)).map((line) => line.split(' ')[0]);
  const name = `${project}-${colour === 'blue' ? 'green' : 'blue'}`;
  docker('create', '--name', name, 'debian:bookworm-slim', 'true');
  await refused('a name that is taken', live, deploy(good('name')), /cannot make the container .*(in use|Conflict)/s);
  docker('rm', name);
}

/** Somebody else has the port of the edge. */
async function portTaken(live: string | null): Promise<void> {
  step('a port that is taken');
  const edge = named('pake-nginx');
  docker('stop', edge);
  const stranger = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => stranger.listen(Number(process.env.PAKE_HTTPS_PORT), '0.0.0.0', resolve));
  const run = await deploy(good('port'));
  check(run.code === 1 && /who has its port \(`ss -ltnp/.test(run.said), 'nothing is deployed to an edge that is another one', run.said.slice(-1500));
  const anew = await pake('restart', 'nginx');
  check(anew.code === 1 && /somebody else has its port: `ss -ltnp`/.test(anew.said), 'the edge does not come up, and it is said why', anew.said.slice(-1500));
  told(anew.said.split('\n').find((line) => line.startsWith('error:'))?.slice(0, 220) ?? '');
  await new Promise((resolve) => stranger.close(resolve));
  check((await pake('restart', 'nginx')).code === 0, 'with the port free it comes up');
  check((await isTidy('a port that was taken')) === live, 'the old release serves on');
}

async function twoAtOnce(): Promise<void> {
  step('two deployers at once');
  const image = good('twice');
  const first = new Deployer(['deploy', '--json', '--bake', '2', '--image', image]);
  await pause(1500);
  const second = await deploy(image);
  check(second.code === 1 && /another deployer is at work: `pake deploy` \(process \d+, since/.test(second.said), 'the second one is told who is at work', second.said);
  const third = new Deployer(['deploy', '--json', '--bake', '2', '--image', good('thrice'), '--wait', '300']);
  const [one, other] = await Promise.all([first.ended, third.ended]);
  check(one.code === 0 && other.code === 0, 'the first one ends, and so does one that waits', [one.said, other.said]);
  await isTidy('two at once');
  told(`refused after ${Math.round(second.took)} ms; ${second.said.split('\n').find((line) => line.startsWith('error:'))}`);
}

/** The old colour dies while both are watched: the new one is well, and stays. */
export async function oldDies(): Promise<void> {
  step('the old colour dies while the new one is watched');
  const [old = ''] = docker('ps', '--quiet', '--filter', 'label=pake.colour', '--filter', `name=${project}`).trim().split('\n');
  const deployer = new Deployer(['deploy', '--json', '--bake', '8', '--image', good('survivor')]);
  while (!(await switched())) await pause(200);
  docker('rm', '--force', old);
  const { code, said, events } = await deployer.ended;
  check(code === 0, 'the new one stays', said.slice(-1500));
  const release = await isTidy('the old colour died');
  check(release === events.find((event) => event.event === 'begun')?.deploy, 'and is live', release);
  async function switched(): Promise<boolean> {
    return docker('ps', '--quiet', '--filter', 'label=pake.colour', '--filter', `name=${project}`).trim().split('\n').length === 2 && /"baked","phase":"intent"/.test(await lastLine());
  }
}

async function lastLine(): Promise<string> {
  const run = spawnSync('sh', ['-c', `tail -n 1 "$(ls ${state}/*.jsonl | tail -n 1)"`], { encoding: 'utf8' });
  return run.stdout;
}

/** What is gone back to is sick by now. */
export async function sickRollback(): Promise<void> {
  const marker = '/var/lib/pake/sick';
  const image = behind('sickly', `case $1 in serve) if [ -e ${marker} ]; then echo "I am sick" >&2; exit 1; fi;; esac`);
  const one = await deploy(image);
  const two = await deploy(good('after'));
  check(one.code === 0 && two.code === 0, 'both come up', [one.said, two.said]);
  const live = await isTidy('before it is sick');
  docker('run', '--rm', '--volume', `${project}_data:/data`, 'debian:bookworm-slim', 'touch', '/data/sick');
  await refused('a rollback to a release that is sick by now', live, pake('rollback', '--json', '--bake', '0'), /ended right after its start|has ended|is gone|started anew/);
  docker('run', '--rm', '--volume', `${project}_data:/data`, 'debian:bookworm-slim', 'rm', '/data/sick');
}
