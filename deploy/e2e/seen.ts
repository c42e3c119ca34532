// What is seen of a deployment: who is told of it, PAKE's own audit log and administration, and the way back that is asked for there.
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { check, eventually, step } from './checks.ts';
import type { Client } from './client.ts';
import { deploy, pake } from './deployer.ts';
import { good } from './images.ts';

const folder = process.env.PAKE_E2E_FOLDER ?? '';
const secret = '0123456789abcdef0123456789abcdef';

interface Told {
  deployments: { deploy: string; outcome: string | null; kind: string; by: string | null; steps: unknown[] }[];
  back_to: { deploy: string } | null;
  current: { deploy: string } | null;
}

/** What whoever is told was told, signed as it should be. */
async function listening(): Promise<{ occasions: string[]; port: number; end: () => void }> {
  const occasions: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => (body += piece.toString()));
    request.on('end', () => {
      const [time, signature] = String(request.headers['pake-signature']).split(',v1=');
      const wanted = createHmac('sha256', secret).update(`${(time ?? '').slice(2)}.${body}`).digest('hex');
      occasions.push(signature === wanted ? (JSON.parse(body) as { occasion: string }).occasion : 'not signed');
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { occasions, port: typeof address === 'object' && address ? address.port : 0, end: () => server.close() };
}

export async function seen(ada: Client, password: string): Promise<void> {
  step('what is seen of a deployment');
  const receiver = await listening();
  writeFileSync(`${folder}/hook`, `http://127.0.0.1:${receiver.port}/`, { mode: 0o600 });
  writeFileSync(`${folder}/hook-secret`, secret, { mode: 0o600 });
  writeFileSync(`${folder}/hook-gone`, 'http://127.0.0.1:9/', { mode: 0o600 });
  writeFileSync(`${folder}/notify.toml`, '[webhook]\nurl_file = "hook"\nsecret_file = "hook-secret"\n[slack]\nurl_file = "hook-gone"\n');
  const run = await deploy(good('seen'));
  check(run.code === 0 && run.said.includes('slack (127.0.0.1)'), 'a receiver that is away is told of and changes nothing', run.said.slice(-800));
  check(receiver.occasions.join() === 'start,success', 'who is to hear hears, and can tell that it is from us', receiver.occasions);
  const told = async () => JSON.parse((await ada.ask('GET', '/api/v1/admin/deployments')).body) as Told;
  const before = await told();
  const last = before.deployments[0];
  check(last?.outcome === 'committed' && last.by !== null && last.steps.length > 8 && before.current?.deploy === last.deploy, 'PAKE knows of it', last);
  const log = async (action: string) => (JSON.parse((await ada.ask('GET', `/api/v1/admin/audit?action=${action}`)).body) as { entries: { target: string }[] }).entries;
  await eventually('it stands in the audit log', async () => ((await log('deployment.committed')).some((row) => row.target === last?.deploy) ? true : undefined));
  const release = before.back_to?.deploy;
  const asked = await ada.ask('POST', '/api/v1/admin/deployments/rollback', { release, password });
  check(asked.status === 202, 'the way back is asked for in the administration', asked.body);
  const back = await pake('rollback', '--asked', '--json', '--bake', '2');
  check(back.code === 0, 'and the deployer goes it', back.said.slice(-800));
  const after = await told();
  check(after.deployments[0]?.kind === 'rollback' && after.deployments[0].by === 'ada (in PAKE)', 'by whoever asked', after.deployments[0]);
  check(receiver.occasions.join() === 'start,success,start,rollback', 'who is to hear hears of that, too', receiver.occasions);
  const nobody = await pake('rollback', '--asked');
  check(nobody.code === 0 && /nobody has asked/.test(nobody.said), 'it is done once', nobody.said);
  const rows = (await log('deployment.committed')).map((row) => row.target);
  check(new Set(rows).size === rows.length, 'each deployment stands in the audit log once', rows);
  writeFileSync(`${folder}/notify.toml`, '');
  receiver.end();
}
