// Deployments of the real image on the whole production, under load. Started by scripts/e2e-deploy.
import { readFileSync, writeFileSync } from 'node:fs';
import { canary } from './canary.ts';
import { check, count, eventually, step, told } from './checks.ts';
import { Client } from './client.ts';
import { commands } from './commands.ts';
import { Crowd, unnoticed } from './crowd.ts';
import { deaths } from './deaths.ts';
import { Deployer, type Run, deploy, isTidy, pake, takeBinary } from './deployer.ts';
import { containers, inProject, tell } from './docker.ts';
import { figure } from './figures.ts';
import { forget, good } from './images.ts';
import { misfortunes, oldDies, sickRollback } from './misfortunes.ts';
import { restored } from './restored.ts';
import { seen } from './seen.ts';
import { Sources } from './sources.ts';

const folder = process.env.PAKE_E2E_FOLDER ?? '';
const password = 'correct horse battery lamp';
const only = (process.env.PAKE_ONLY ?? 'load,rollback,seen,commands,canary,restored,misfortunes,deaths').split(',');

/** All of a test come from one address: what nginx lets one client do is not what is tested here. */
function openTheEdge(): void {
  const limits = `${folder}/nginx/pake/limits.conf`;
  writeFileSync(limits, readFileSync(limits, 'utf8').replaceAll(/rate=\d+r\/s/g, 'rate=10000r/s'));
  const routes = `${folder}/nginx/pake/routes.conf`;
  writeFileSync(routes, readFileSync(routes, 'utf8').replaceAll(/burst=\d+/g, 'burst=1000').replace('connections 256', 'connections 4096'));
}

async function begin(): Promise<[Sources, Client]> {
  step('starting everything');
  openTheEdge();
  // One source is not there.
  const sources = await Sources.start(`${folder}/sources.env`, { PAKE_LIMITS__ENABLED: 'false', PAKE_ACCOUNTS__ACCESS_SECONDS: '3600', PAKE_SOURCES__WIKIPEDIA__BASE_URL: 'http://127.0.0.1:9' });
  inProject('up', '--detach', '--quiet-pull', 'pake-nginx');
  await sources.open();
  await eventually('every container is well', () => ([...containers().values()].every((one) => (one.State.Health ? one.State.Health.Status === 'healthy' : one.State.ExitCode === 0)) ? true : undefined));
  tell(`${password}\n`, 'exec', '--no-TTY', 'pake-backend-blue', 'pake', 'user', 'add', 'ada', '--password-stdin');
  const ada = new Client();
  await ada.signIn('ada', password);
  return [sources, ada];
}

const seconds = (milliseconds: number) => (milliseconds / 1000).toFixed(1);

async function underLoad(sources: Sources, ada: Client): Promise<void> {
  step('deployments in a row, under load');
  const images = [good('a'), good('b')];
  const crowd = new Crowd(ada);
  // Searches take their time: one of their sources answers only now and then.
  let isHeld = false;
  const breathing = setInterval(() => sources.order(`${(isHeld = !isHeld) ? 'hold' : 'release'} arxiv`), 1500);
  const took: number[] = [];
  const all = Number(process.env.PAKE_DEPLOYS ?? 20);
  for (let turn = 0; turn < all; turn += 1) {
    const run = await deploy(images[turn % 2] ?? '');
    check(run.code === 0, `deployment ${turn + 1}`, run.said.slice(-1500));
    took.push(run.took - (run.events.find((event) => event.event === 'done' && event.step === 'baked')?.took_ms ?? 0));
    told(`deployment ${turn + 1}: ${seconds(took.at(-1) ?? 0)} s beside the bake: ${steps(run)}`);
  }
  const outcome = await crowd.goesHome();
  clearInterval(breathing);
  sources.order('release arxiv');
  await isTidy('deployments in a row');
  unnoticed(outcome, `${all} deployments`);
  took.sort((one, other) => one - other);
  figure('a deployment', `${seconds(took[0] ?? 0)} to ${seconds(took.at(-1) ?? 0)} s beside the bake, half of them up to ${seconds(took[Math.floor(took.length / 2)] ?? 0)} s`);
}

const steps = (run: Run) => run.events.filter((event) => event.event === 'done').map((event) => `${event.step} ${seconds(event.took_ms ?? 0)}`).join(', ');

/** From the order to the first answer of the release before. */
async function rollback(ada: Client): Promise<void> {
  step('going back');
  for (const name of ['before', 'now']) check((await deploy(good(name))).code === 0, `a release to go back ${name === 'now' ? 'from' : 'to'}`);
  const release = async () => (await ada.ask('GET', '/healthz')).headers['pake-release'];
  const now = await release();
  const crowd = new Crowd(ada, { readers: 16, senders: 1, followers: 20 });
  const began = performance.now();
  const deployer = new Deployer(['rollback', '--json', '--bake', '2']);
  let until = 0;
  void deployer.ended.then(() => (until = performance.now() + 5000));
  while ((await release()) === now && (until === 0 || performance.now() < until)) await new Promise((resolve) => setTimeout(resolve, 20));
  const served = performance.now() - began;
  const run = await deployer.ended;
  check(run.code === 0, 'it goes back', run.said.slice(-1500));
  unnoticed(await crowd.goesHome(), 'a rollback');
  await isTidy('a rollback');
  figure('going back', `the release before serves ${seconds(served)} s after the order: ${steps(run)}`);
  check(served < Number(process.env.PAKE_ROLLBACK_MS ?? 5000), 'going back takes less than five seconds', served);
}

async function main(): Promise<void> {
  takeBinary();
  const [sources, ada] = await begin();
  try {
    const first = await deploy(good('first'));
    check(first.code === 0, 'what compose started is followed by a release', first.said.slice(-1500));
    const second = await deploy(good('second'));
    check(second.code === 0, 'and that by another one', second.said.slice(-1500));
    await isTidy('two deployments');
    if (only.includes('load')) await underLoad(sources, ada);
    if (only.includes('rollback')) await rollback(ada);
    if (only.includes('seen')) await seen(ada, password);
    if (only.includes('commands')) await commands(ada);
    if (only.includes('canary')) await canary(ada);
    if (only.includes('restored')) await restored(ada);
    if (only.includes('misfortunes')) {
      await misfortunes(await isTidy('before the misfortunes'));
      await oldDies();
      await sickRollback();
    }
    if (only.includes('deaths')) await deaths(ada);
    const audit = await pake('audit', 'deploys');
    check(audit.code === 0 && /the journals are whole/.test(audit.said), 'the journals are whole', audit.said.slice(-800));
    told(audit.said.split('\n').find((line) => line.includes('are whole')) ?? '');
    told(`${count()} things held`);
  } finally {
    sources.stop();
    forget();
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`e2e-deploy: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
// Sockets that are still open are nobody's any more.
process.exit();
