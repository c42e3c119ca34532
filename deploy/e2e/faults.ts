// Parts that die while people work: what must not be lost is not lost, and what comes back heals by itself.
import { readFileSync } from 'node:fs';
import { check, eventually, pause, step, told } from './checks.ts';
import { type Client } from './client.ts';
import { container, docker, inProject, named } from './docker.ts';
import { Load } from './load.ts';
import { question } from './smoke.ts';
import { type Sources } from './sources.ts';

const health = async (client: Client) =>
  (await client.json<{ components: Record<string, { status: string }> }>('GET', '/health')).components;

export async function withoutRedis(client: Client): Promise<void> {
  step('Redis is killed under load');
  const load = new Load(client, question);
  await pause(1500);
  const then = performance.now();
  docker('kill', named('pake-redis'));
  await eventually('PAKE says so', async () => ((await health(client)).redis?.status === 'degraded' ? true : undefined));
  await pause(3000);
  const { answered, failed } = load.since(then);
  check(failed.length === 0 && answered > 20, 'nobody notices', { answered, failed });
  docker('start', named('pake-redis'));
  const [, after] = await eventually('it heals', async () => ((await health(client)).redis?.status === 'healthy' ? true : undefined));
  await load.stop();
  told(`${answered} requests while it was away, none failed; well again ${after} ms after it was started`);
}

/** How many connections of PAKE a database serves, and what it says of following. */
function ofDatabase(service: string): { connections: number; following: string } {
  const ask = "SELECT (SELECT count(*) FROM pg_stat_activity WHERE usename = 'pake' AND pid <> pg_backend_pid()), pg_is_in_recovery(), (SELECT string_agg(state, ',') FROM pg_stat_replication)";
  const password = readFileSync(`${process.env.PAKE_E2E_FOLDER ?? ''}/secrets/database_password`, 'utf8').trim();
  const said = inProject('exec', '--no-TTY', '--env', `PGPASSWORD=${password}`, service, 'psql', '-h', '127.0.0.1', '-U', 'pake', '-d', 'pake', '-Atc', ask).trim();
  const [connections = '', isFollowing, followers] = said.split('|');
  return { connections: Number(connections), following: isFollowing === 't' ? 'follows' : `is followed: ${followers}` };
}

const replicaIs = (client: Client, status: string) => async () => ((await health(client)).database_replica?.status === status ? true : undefined);

/** Lists are read from a replica that follows, and from the primary while there is none; never older than what was written. */
export async function withoutReplica(client: Client): Promise<void> {
  step('the replica of PostgreSQL stands still, then dies, under load');
  await eventually('it is read from', replicaIs(client, 'healthy'));
  const [primary, replica] = [ofDatabase('pake-postgres'), ofDatabase('pake-postgres-replica')];
  check(primary.following === 'is followed: streaming' && replica.following === 'follows' && replica.connections > 0, 'it follows, and PAKE is connected to it', { primary, replica });
  const { id } = await client.json<{ id: string }>('POST', '/api/v1/searches', question, { prefer: 'wait=30' });
  await eventually('it is in the history', async () => ((await client.ask('GET', `/api/v1/history/${id}`)).status === 200 ? true : undefined));
  let turns = 0;
  /** Writes, then reads the list: what was just written is in it. */
  const reads = async (when: string) => {
    turns += 1;
    // Within what nginx lets one client do in a second.
    await pause(500);
    await client.json('PUT', `/api/v1/history/${id}/favorite`, { is_favorite: turns % 2 === 1 });
    const list = await client.ask('GET', '/api/v1/history?favorites=true');
    check(list.status === 200 && list.body.includes(id) === (turns % 2 === 1), `${when}: what was written is in the list`, [turns, list.status, list.body.slice(0, 200)]);
  };
  const load = new Load(client, question);
  const then = performance.now();
  for (let turn = 0; turn < 10; turn += 1) await reads('it follows');
  docker('pause', named('pake-postgres-replica'));
  await reads('it stands still');
  const [, noticed] = await eventually('PAKE says so', replicaIs(client, 'degraded'));
  for (let turn = 0; turn < 10; turn += 1) await reads('it stands still');
  docker('unpause', named('pake-postgres-replica'));
  const [, resumed] = await eventually('it is read from again', replicaIs(client, 'healthy'));
  await reads('it goes on');
  docker('kill', named('pake-postgres-replica'));
  await reads('it is dead');
  await eventually('PAKE says so', replicaIs(client, 'degraded'));
  docker('start', named('pake-postgres-replica'));
  const [, back] = await eventually('it is read from again', replicaIs(client, 'healthy'));
  await reads('it is back');
  await load.stop();
  const { answered, failed } = load.since(then);
  check(failed.length === 0 && answered > 20, 'nobody notices', { answered, failed });
  told(`${turns} lists right after a change, each with it; ${answered} requests meanwhile, none failed; known to stand still after ${noticed} ms; read from again ${resumed} ms after it went on, ${back} ms after it was started`);
}

export async function withoutPostgres(client: Client): Promise<void> {
  step('PostgreSQL is killed under load');
  const { id } = await client.json<{ id: string }>('POST', '/api/v1/searches', question, { prefer: 'wait=30' });
  const favourite = () => client.ask('PUT', `/api/v1/history/${id}/favorite`, { is_favorite: true });
  await eventually('it is in the history', async () => ((await client.ask('GET', `/api/v1/history/${id}`)).status === 200 ? true : undefined));
  const load = new Load(client, question);
  await pause(1500);
  const { id: last } = await client.json<{ id: string }>('POST', '/api/v1/searches', { ...question, query: 'lighthouses' }, { prefer: 'wait=30' });
  const then = performance.now();
  docker('kill', named('pake-postgres'));
  await pause(1000);
  const refused = await favourite();
  check(refused.status === 503 && Number(refused.headers['retry-after']) > 0, 'what would be written is refused, and when to come again is said', refused);
  await pause(3000);
  const pages = load.since(then, 'page');
  const others = load.since(then);
  check(pages.failed.length === 0 && pages.answered > 5, 'pages are there', pages);
  // Who somebody is stands in the database: whoever has signed in is told when to come again, and nothing else goes wrong.
  check(others.failed.every((status) => status === 503), 'nothing fails in another way', others.failed);
  docker('start', named('pake-postgres'));
  await eventually('PostgreSQL is back', () => {
    try {
      inProject('exec', '--no-TTY', 'pake-postgres', 'pg_isready', '--quiet', '--host', '127.0.0.1', '--username', 'pake');
      return true;
    } catch {
      return undefined;
    }
  });
  const [, after] = await eventually('it is written again', async () => (((await favourite()).status < 300) ? true : undefined));
  check(after < 5000, 'PAKE heals within five seconds', after);
  await eventually('the replica follows again', replicaIs(client, 'healthy'));
  await eventually('what was answered just before is in the history', async () => ((await client.ask('GET', `/api/v1/history/${last}`)).status === 200 ? true : undefined));
  await load.stop();
  told(`${pages.answered} pages while it was away, none failed; ${others.failed.length} of ${others.answered} requests were told to come again; writes again ${after} ms after it was back, with what was answered just before`);
}

export async function withoutBlue(client: Client, sources: Sources): Promise<void> {
  step('the colour that is live is killed under load');
  sources.order('hold arxiv');
  const socket = await client.socket();
  socket.send('search', { query: 'lanterns', sources: ['arxiv', 'crossref'] });
  const started = await socket.await((frame) => frame.type === 'search_started');
  const load = new Load(client, question);
  await pause(1500);
  const then = performance.now();
  docker('kill', named('pake-backend-blue'));
  await socket.closed;
  sources.order('release arxiv');
  const again = await client.socket();
  const reopened = Math.round(performance.now() - then);
  again.send('resume', { search_id: started.data.search_id ?? started.data.id, last_seq: 0 });
  await pause(4000);
  const pages = load.since(then, 'page');
  const reads = load.since(then, 'read');
  const asks = load.since(then, 'ask');
  await load.stop();
  check(pages.failed.length + reads.failed.length === 0 && pages.answered > 10, 'whoever reads notices nothing', { pages, reads });
  // What changes something is never sent twice: of a question that was on its way its asker hears that it was lost.
  check(asks.failed.length <= 1 && asks.answered > 3, 'at most what was just being asked is lost', asks);
  again.close();
  told(`${pages.answered + reads.answered} pages and answers to readers, none lost; ${asks.failed.length} of ${asks.answered} questions lost; a new WebSocket after ${reopened} ms; then: ${again.frames.slice(-1)[0]?.type}`);
  docker('start', named('pake-backend-blue'));
  await eventually('blue is well again', () => (container('pake-backend-blue').State.Health?.Status === 'healthy' ? true : undefined));
}

export async function toldToStop(): Promise<void> {
  step('stopping');
  const began = performance.now();
  inProject('stop', 'pake-backend-green');
  const { ExitCode: code } = container('pake-backend-green').State;
  check(code === 0, 'whoever is told to stop does so in order', code);
  told(`stopped in ${Math.round(performance.now() - began)} ms`);
}
