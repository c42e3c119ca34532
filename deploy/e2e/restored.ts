// Going back with the data of before, whole and with a deployer that dies in its midst.
import { readFileSync } from 'node:fs';
import { check, pause, step, told } from './checks.ts';
import type { Client } from './client.ts';
import { Deployer, deploy, isTidy, lines, pake, state } from './deployer.ts';
import { figure } from './figures.ts';
import { good } from './images.ts';

const questions = async (ada: Client) => (await ada.ask('GET', '/api/v1/history')).body;

async function asks(ada: Client, query: string): Promise<void> {
  const answer = await ada.ask('POST', '/api/v1/searches', { query, sources: ['crossref'] }, { prefer: 'wait=30' });
  check(answer.status === 200, `${query} is asked`, answer.body);
  check((await questions(ada)).includes(query), `${query} is in the history`);
}

/** Whether the data are being put in place, and nothing more was done yet. */
const isPutting = () => {
  const { name } = lines();
  const last = readFileSync(`${state}/${name}`, 'utf8').trim().split('\n').at(-1) ?? '';
  return last.includes('"restored"') && last.includes('"intent"');
};

export async function restored(ada: Client): Promise<void> {
  step('going back with the data of before');
  check((await deploy(good('data-before'))).code === 0, 'a release to go back to');
  const before = await isTidy('the release of before');
  await asks(ada, 'lighthouses of before');
  check((await deploy(good('data-now'))).code === 0, 'a release to go back from');
  const now = await isTidy('the release of now');
  await asks(ada, 'lighthouses of now');
  const unsaid = await pake('rollback', '--restore-db', '--json');
  const [, since = ''] = /--yes-lose-data-since (\S+)/.exec(unsaid.said) ?? [];
  check(unsaid.code === 1 && /1 searches/.test(unsaid.said) && since !== '', 'what would be lost is said first', unsaid.said);
  told(unsaid.said.split('\n').find((line) => line.startsWith('error:')) ?? '');
  const words = ['rollback', '--restore-db', '--yes-lose-data-since', since, '--json'];

  const earlier = lines().name;
  const dying = new Deployer(words);
  let isOver = false;
  void dying.ended.then(() => (isOver = true));
  while (!isOver && (lines().name === earlier || !isPutting())) await pause(5);
  dying.kill();
  check((await dying.ended).code === null && isPutting(), 'a deployer dies while the data are put in place');
  const shut = await ada.ask('GET', '/api/v1/history');
  check(shut.status === 503, 'nobody is let in', shut);
  const back = await pake('deploy', '--abort', '--json');
  check(back.code === 0, 'another one goes back', back.said.slice(-1500));
  check((await isTidy('a deployer died')) === now, 'the release of now serves');
  const there = await questions(ada);
  check(there.includes('lighthouses of before') && there.includes('lighthouses of now'), 'with all that was written', there.slice(0, 500));

  const run = await pake(...words);
  check(run.code === 0, 'it goes back to the data of before', run.said.slice(-1500));
  check((await isTidy('the data of before')) !== now && before !== null, 'a release of before serves');
  const left = await questions(ada);
  check(left.includes('lighthouses of before') && !left.includes('lighthouses of now'), 'with the data of before', left.slice(0, 500));
  await asks(ada, 'lighthouses after all');
  const shutFor = run.events.filter((event) => event.event === 'done');
  const at = (name: string) => shutFor.find((event) => event.step === name)?.at ?? 0;
  figure('going back with the data of before', `nobody was let in for ${((at('opened') - at('shut')) / 1000).toFixed(1)} s: ${shutFor.map((event) => `${event.step} ${((event.took_ms ?? 0) / 1000).toFixed(1)}`).join(', ')}`);
}
