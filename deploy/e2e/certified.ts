// A certificate by the profile `acme`: from a real ACME server (pebble) on this machine, which asks for the proof at nginx.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { connect as dial } from 'node:net';
import { connect } from 'node:tls';
import { check, eventually, step, told } from './checks.ts';
import { container, inProject } from './docker.ts';
import { isConfined } from './inspected.ts';

const folder = process.env.PAKE_E2E_FOLDER ?? '';
const port = Number(process.env.PAKE_HTTPS_PORT ?? 9643);
/** Of the authority, what governs it, and those who know names for it. */
const [own, management, names, more] = [port + 1, port + 2, port + 3, port + 4];

/** Who vouches for the certificate that nginx shows. */
function issuer(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: 'localhost', port, servername: 'localhost', rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().issuer.CN));
      socket.end();
    });
    socket.on('error', reject);
  });
}

function listens(at: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = dial(at, '127.0.0.1', () => {
      socket.end();
      resolve(true);
    });
    socket.on('error', () => resolve(undefined));
  });
}

/** Starts the authority, for which every name is this machine. */
async function authority(): Promise<ChildProcess[]> {
  const at = `${folder}/authority`;
  mkdirSync(at);
  const wanted = ['-subj', '/CN=authority.test', '-addext', 'subjectAltName=DNS:authority.test', '-keyout', `${at}/own.key`, '-out', `${at}/own.pem`];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', ...wanted], { stdio: 'ignore' });
  const pebble = {
    listenAddress: `0.0.0.0:${own}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: `${at}/own.pem`,
    privateKey: `${at}/own.key`,
    httpPort: Number(process.env.PAKE_HTTP_PORT ?? 9680),
    tlsPort: port,
    ocspResponderURL: '',
    externalAccountBindingRequired: false,
  };
  writeFileSync(`${at}/pebble.json`, JSON.stringify({ pebble }));
  const nowhere = ['-http01', '', '-https01', '', '-tlsalpn01', '', '-defaultIPv6', ''];
  const resolver = spawn('pebble-challtestsrv', ['-dns01', `127.0.0.1:${names}`, '-management', `127.0.0.1:${more}`, ...nowhere], { stdio: 'ignore' });
  const env = { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0' };
  const server = spawn('pebble', ['-config', `${at}/pebble.json`, '-dnsserver', `127.0.0.1:${names}`], { stdio: 'ignore', env });
  await eventually('the authority listens', () => listens(own));
  return [resolver, server];
}

export async function certified(): Promise<void> {
  step('a certificate by itself');
  const started = await authority();
  try {
    process.env.PAKE_ACME_DIRECTORY = `https://authority.test:${own}/dir`;
    inProject('--profile', 'acme', 'up', '--detach', '--no-deps', 'pake-acme');
    const [, after] = await eventually('nginx shows what the authority gave', async () => ((await issuer()).startsWith('Pebble') ? true : undefined));
    told(`got by certbot and shown by nginx ${after} ms after it was started`);
    const one = container('pake-acme');
    check(one.State.Status === 'running' && one.RestartCount === 0, 'it goes on, for the next one', one.State);
    isConfined('pake-acme', one, { user: '0:0', networks: ['edge'], capabilities: ['CHOWN', 'DAC_OVERRIDE'] });
    const { mode, gid } = statSync(`${folder}/certificates/privkey.pem`);
    check((mode & 0o777) === 0o640 && gid === 10001, 'the key is for the group of nginx alone', [mode, gid]);
  } finally {
    for (const one of started) one.kill();
  }
}
