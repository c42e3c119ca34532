// Parts that die while people work: what must not be lost is not lost, and what comes back heals by itself.
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
