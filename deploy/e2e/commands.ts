// What an operator does besides deploying: reading logs, starting parts anew, shutting the door, stopping all, and bringing back what died.
import { check, eventually, step, told } from './checks.ts';
import type { Client } from './client.ts';
import { Crowd, unnoticed } from './crowd.ts';
import { Deployer, type Run, isTidy, pake, status } from './deployer.ts';
import { docker } from './docker.ts';
import { figure } from './figures.ts';

const project = process.env.COMPOSE_PROJECT_NAME ?? '';

export async function commands(ada: Client): Promise<void> {
  await logs(ada);
  await restarts(ada);
  await door(ada);
  await power(ada);
  await recovery(ada);
}

async function went(...words: string[]): Promise<Run> {
  const run = await pake(...words);
  check(run.code === 0, `pake ${words.join(' ')}`, run.said.slice(-1500));
  return run;
}

const alive = async (ada: Client) => (await ada.ask('GET', '/healthz')).status === 204;
const running = () => docker('ps', '--quiet', '--filter', `name=${project}`).split('\n').filter((line) => line !== '');

async function logs(ada: Client): Promise<void> {
  step('logs');
  const follower = new Deployer(['logs', '--follow', '--json', '--lines', '0']);
  // Of a request that goes well there is nothing to say but at the edge: one of its sources is not there.
  const { headers } = await ada.ask('POST', '/api/v1/searches', { query: 'beacons', sources: ['crossref', 'wikipedia'] }, { prefer: 'wait=30' });
  const id = String(headers['x-request-id']);
  await eventually('a request stands in the log, by its id', async () => ((await pake('logs', '--request-id', id, '--json')).events.length > 0 ? true : undefined));
  const edge = await went('logs', 'nginx', '--request-id', id, '--json');
  check(edge.events.length === 1 && JSON.stringify(edge.events[0]).includes(id), 'and in that of the edge, by the same one', edge.events);
  const grave = await went('logs', '--level', 'error', '--since', '1m', '--json');
  check(grave.events.every((line) => JSON.stringify(line).includes('"ERROR"')), 'a level is a filter', grave.events);
  const few = await went('logs', 'postgres', '--lines', '3');
  check(few.said.trim().split('\n').length <= 3, 'so many lines and no more', few.said);
  const wrong = await pake('logs', 'postgers');
  check(wrong.code === 1 && /there is no `postgers` here; there are pake, .*postgres/.test(wrong.said), 'who errs is told what there is', wrong.said);
  follower.kill();
  check(JSON.stringify((await follower.ended).events).includes(id), 'who follows sees what comes');
}

/** PAKE without anybody noticing; another service by itself. */
async function restarts(ada: Client): Promise<void> {
  step('restarts');
  const before = await isTidy('before a restart');
  const crowd = new Crowd(ada, { readers: 16, senders: 1, followers: 20 });
  const run = await went('restart', '--json');
  unnoticed(await crowd.goesHome(), 'a restart');
  check((await isTidy('a restart')) !== before, 'PAKE is another process now');
  figure('`pake restart`', `${(run.took / 1000).toFixed(1)} s, with a bake of 10`);
  for (const service of ['redis', 'postgres', 'nginx']) {
    const one = await went('restart', service);
    check(/is started anew/.test(one.said), `${service} is started anew`, one.said);
    await eventually(`all is well after ${service}`, async () => ((await alive(ada)) && (await ada.ask('GET', '/api/v1/history')).status === 200 ? true : undefined));
  }
  const colour = await pake('restart', 'blue');
  check(colour.code === 1 && /nobody notices|there is no/.test(colour.said), 'a colour is not started anew under the feet of people', colour.said);
}

async function door(ada: Client): Promise<void> {
  step('the door');
  await went('maintenance', 'on');
  const shut = await ada.ask('GET', '/api/v1/history');
  check(shut.status === 503 && shut.headers['retry-after'] !== undefined, 'nobody is let in, and is told when to come again', shut);
  check(await alive(ada), 'whether PAKE is there is answered all the same');
  await went('maintenance', 'on');
  await went('maintenance', 'off');
  check((await ada.ask('GET', '/api/v1/history')).status === 200, 'everybody is let in again');
}

async function power(ada: Client): Promise<void> {
  step('stop and start');
  const release = await isTidy('before it stops');
  const off = await went('stop');
  check(running().length === 0, 'nothing runs any more', off.said);
  const dark = await pake('status');
  check(dark.code === 1, 'the status says so', dark.said);
  const refused = await pake('deploy', '--image', process.env.PAKE_IMAGE ?? '');
  check(refused.code === 1, 'nothing is deployed to what is stopped', refused.said.slice(-500));
  told(refused.said.split('\n').find((line) => line.startsWith('error:')) ?? '');
  const on = await went('start');
  check((await isTidy('it was started')) === release, 'the same release serves', on.said);
  check((await ada.ask('GET', '/api/v1/history')).status === 200, 'who was signed in is still');
  figure('`pake stop`, `pake start`', `stopped in ${(off.took / 1000).toFixed(1)} s, started in ${(on.took / 1000).toFixed(1)} s`);
}

/** What is live is gone: its process, then its container too. */
async function recovery(ada: Client): Promise<void> {
  step('recovery');
  const well = await went('recover');
  check(/is live and well/.test(well.said), 'where all is well nothing is done', well.said);
  const live = () => docker('ps', '--all', '--quiet', '--filter', 'label=pake.colour', '--filter', `name=${project}`).trim();
  docker('stop', '--time', '1', live());
  check(!(await status()).live.is_well, 'what is live has ended');
  await went('recover');
  await isTidy('its process was gone');
  docker('rm', '--force', live());
  check(!(await alive(ada)), 'the edge has nobody to ask');
  const anew = await went('recover');
  await isTidy('its container was gone');
  check(await alive(ada), 'the edge is answered');
  figure('`pake recover`', `a release of which nothing was left is back after ${(anew.took / 1000).toFixed(1)} s`);
}
