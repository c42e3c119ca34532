// A release is led to some first: a good one goes on to everybody, one that dies is turned from, and nobody notices either.
import { check, step, told } from './checks.ts';
import type { Client } from './client.ts';
import { Crowd, unnoticed } from './crowd.ts';
import { deploy, isTidy } from './deployer.ts';
import { figure } from './figures.ts';
import { behind, good } from './images.ts';

export async function canary(ada: Client): Promise<void> {
  step('a canary');
  const crowd = new Crowd(ada, { readers: 32, senders: 2, followers: 40 });
  const before = await isTidy('before a canary');
  const run = await deploy(good('canary'), '--canary', '5,25,50', '--canary-seconds', '10');
  check(run.code === 0, 'a good canary is led to everybody', run.said.slice(-1500));
  unnoticed(await crowd.goesHome(), 'a canary with 5, 25 and 50 %');
  const live = await isTidy('a canary');
  check(live !== before, 'the new release serves');
  figure('a canary', run.events.filter((event) => event.event === 'done').map((event) => `${event.step} ${((event.took_ms ?? 0) / 1000).toFixed(1)}`).join(', '));

  step('a canary that dies');
  // It is led to half of the requests for a minute, and dies in that time. Who reads is answered by the live one.
  const readers = new Crowd(ada, { readers: 32, senders: 0, followers: 0 });
  const dead = await deploy(behind('dying-canary', 'case $1 in serve) pake serve & sleep 25; kill -9 $!; exit 1;; esac'), '--canary', '50', '--canary-seconds', '60');
  check(dead.code === 1, 'it is turned from', dead.said.slice(-1500));
  const failed = dead.events.find((event) => event.event === 'failed');
  check(failed?.step === 'canaried', 'while some are led to it', failed);
  unnoticed(await readers.goesHome(), 'a canary that dies');
  check((await isTidy('a canary that dies')) === live, 'the old release serves on');
  told(String(failed?.why ?? ''));
}
