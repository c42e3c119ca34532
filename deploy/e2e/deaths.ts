// A deployer is killed after each line of its journal, and followed by one that goes on or back.
import { check, pause, step, told } from './checks.ts';
import { Deployer, deploy, isTidy, lines, pake } from './deployer.ts';
import { good } from './images.ts';

export async function deaths(every: number): Promise<void> {
  step('a deployer is killed after each line of its journal');
  const images = [good('dies-1'), good('dies-2')];
  const whole = await deploy(images[0] ?? '');
  check(whole.code === 0, 'nothing goes wrong with a deployment of which nobody dies', whole.said);
  const { count } = lines();
  let [killed, on, back] = [0, 0, 0];
  for (let line = 1; line < count; line += every) {
    for (const way of ['--resume', '--abort']) {
      const before = lines().name;
      const release = await isTidy(`before line ${line}`);
      const deployer = new Deployer(['deploy', '--json', '--bake', '1', '--image', images[(line + (way === '--abort' ? 1 : 0)) % 2] ?? '']);
      let isOver = false;
      void deployer.ended.then(() => (isOver = true));
      for (;;) {
        const now = lines();
        if (isOver || (now.name !== before && now.count >= line)) break;
        await pause(2);
      }
      deployer.kill();
      await deployer.ended;
      const run = await pake('deploy', way, '--json');
      const after = `killed after line ${line}, ${way}`;
      if (/no deployment was left/.test(run.said)) continue;
      killed += 1;
      check(run.code === 0, `${after}: it ends as it was meant`, run.said.slice(-1500));
      const live = await isTidy(after);
      const ending = run.events.at(-1) as { ending?: string } | undefined;
      check((ending?.ending === 'committed') !== (live === release), `${after}: what is live is what it says`, [ending, live, release]);
      if (live === release) back += 1;
      else on += 1;
    }
  }
  told(`${killed} deaths over ${count} lines: ${on} went on, ${back} went back; each time one colour was left, the lock free and nothing left over`);
}
