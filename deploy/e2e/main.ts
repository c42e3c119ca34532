// The whole production, from outside. Started by scripts/e2e-compose, which has built the images and made the settings.
import { execFileSync, spawnSync } from 'node:child_process';
import { connect } from 'node:tls';
import { certified } from './certified.ts';
import { check, count, eventually, step, told } from './checks.ts';
import { containers, inProject } from './docker.ts';
import { toldToStop, withoutBlue, withoutPostgres, withoutRedis, withoutReplica } from './faults.ts';
import { inspected, isThere } from './inspected.ts';
import { monitored } from './monitored.ts';
import { smoke } from './smoke.ts';
import { Sources } from './sources.ts';

const folder = process.env.PAKE_E2E_FOLDER ?? '';

/** The serial number of the certificate that nginx shows. */
function serial(): Promise<string> {
  const port = Number(process.env.PAKE_HTTPS_PORT ?? 9643);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: 'localhost', port, servername: 'localhost', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.end();
    });
    socket.on('error', reject);
  });
}

async function renewal(): Promise<void> {
  step('a new certificate');
  const before = await serial();
  const certificates = `${folder}/certificates`;
  const wanted = ['-subj', '/CN=renewed', '-addext', 'subjectAltName=DNS:localhost', '-keyout', `${certificates}/privkey.pem`, '-out', `${certificates}/fullchain.pem`];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '90', ...wanted], { stdio: 'ignore' });
  // The file is there already, with the group that may read it.
  const [, after] = await eventually('nginx shows it', async () => ((await serial()) === before ? undefined : true));
  told(`taken up ${after} ms after it was there, without a restart`);
}

/** Holds TLS against Mozilla's intermediate profile, where sslyze is installed. */
function asMozillaHasIt(): void {
  const scan = spawnSync('sslyze', ['--mozilla_config=intermediate', `localhost:${process.env.PAKE_HTTPS_PORT ?? 9643}`], { encoding: 'utf8' });
  if (scan.error) {
    told('sslyze is not installed: TLS was not held against the profile of Mozilla');
    return;
  }
  step('TLS as Mozilla has it');
  const [, verdict = ''] = scan.stdout.split('COMPLIANCE AGAINST');
  const faults = [...verdict.matchAll(/^ +\* (\w+:.*)$/gm)].map(([, fault = '']) => fault);
  // Nobody vouches for the certificate of a test.
  const others = faults.filter((fault) => !fault.startsWith('certificate_path_validation'));
  check(verdict.includes('intermediate') && others.length === 0, 'nothing is below the intermediate profile', [scan.stdout.slice(-400), others]);
}

async function main(): Promise<void> {
  step('starting everything');
  const sources = await Sources.start(`${folder}/sources.env`);
  try {
    const began = performance.now();
    inProject('up', '--detach', '--quiet-pull');
    await sources.open();
    await eventually('every container is well', () => {
      const all = [...containers().values()];
      return all.every((one) => (one.State.Health ? one.State.Health.Status === 'healthy' : one.State.ExitCode === 0)) ? true : undefined;
    });
    told(`up and well after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    check([...containers().values()].every((one) => one.RestartCount === 0), 'none had to be started twice');
    step('what each container may do');
    inspected(folder);
    asMozillaHasIt();
    if (isThere('monitoring')) await monitored();
    const ada = await smoke();
    await withoutRedis(ada);
    await withoutReplica(ada);
    await withoutPostgres(ada);
    await withoutBlue(ada, sources);
    await toldToStop();
    await renewal();
    if (isThere('acme')) await certified();
    told(`${count()} things held`);
  } finally {
    sources.stop();
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`e2e-compose: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
