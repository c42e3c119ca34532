// A deployer is killed after each line of its journal, and followed by one that goes on or back, while people read and search.
import { watch } from 'node:fs';
import { check, step } from './checks.ts';
import type { Client } from './client.ts';
import { Crowd, unnoticed } from './crowd.ts';
import { Deployer, deploy, isTidy, lines, pake, state } from './deployer.ts';
import { figure } from './figures.ts';
import { good } from './images.ts';

/** After which lines of the journal: `3-7` in PAKE_DEATHS, else after all. */
const [first = 1, last = Infinity] = (process.env.PAKE_DEATHS ?? '').split('-').filter((word) => word !== '').map(Number);

/** Kills a deployer as soon as its journal has so many lines; gives how many it had when it was dead. */
async function killed(deployer: Deployer, before: string, line: number): Promise<number> {
  const watcher = watch(state);
  const timer = setInterval(() => watcher.emit('change'), 100);
  const isFar = () => {
    const now = lines();
    return now.name !== before && now.count >= line;
  };
  await new Promise<void>((resolve) => {
    const look = () => {
      if (!isFar()) return;
      deployer.kill();
      resolve();
    };
    watcher.on('change', look);
    void deployer.ended.then(() => resolve());
    look();
  });
  clearInterval(timer);
  watcher.close();
  await deployer.ended;
  return lines().count;
}

export async function deaths(ada: Client): Promise<void> {
  step('a deployer is killed after each line of its journal');
  const images = [good('dies-1'), good('dies-2')];
  const whole = await deploy(images[0] ?? '');
  check(whole.code === 0, 'nothing goes wrong with a deployment of which nobody dies', whole.said);
  const { count } = lines();
  const crowd = new Crowd(ada, { readers: 16, senders: 1, followers: 10 });
  const died = new Set<number>();
  let [dead, on, back] = [0, 0, 0];
  for (let line = first; line < count && line <= last; line += 1) {
    for (const way of ['--resume', '--abort']) {
      const before = lines().name;
      const release = await isTidy(`before line ${line}`);
      const deployer = new Deployer(['deploy', '--json', '--bake', '1', '--image', images[(line + (way === '--abort' ? 1 : 0)) % 2] ?? '']);
      const had = await killed(deployer, before, line);
      const run = await pake('deploy', way, '--json');
      const after = `killed after line ${had}, ${way}`;
      if (/no deployment was left/.test(run.said)) continue;
      dead += 1;
      died.add(had);
      check(run.code === 0, `${after}: it ends as it was meant`, run.said.slice(-1500));
      const live = await isTidy(after);
      const ending = run.events.at(-1) as { ending?: string } | undefined;
      check((ending?.ending === 'committed') !== (live === release), `${after}: what is live is what it says`, [ending, live, release]);
      if (live === release) back += 1;
      else on += 1;
    }
  }
  const missed = Array.from({ length: count - 1 }, (_, place) => place + 1).filter((line) => line >= first && line <= last && !died.has(line));
  figure('kill -9 of the deployer', `${dead} deaths over ${count} lines${missed.length > 0 ? `, none of them right after line ${missed.join(', ')}` : ''}: ${on} went on, ${back} went back; each time one colour was left, the lock free and nothing left over`);
  unnoticed(await crowd.goesHome(), `${dead} deaths`);
}
