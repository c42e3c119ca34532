// What people do: sign in, ask and see the answer come, take it away, govern.
import { check, step, told } from './checks.ts';
import { Client, origin } from './client.ts';
import { tell } from './docker.ts';

const password = 'correct horse battery lamp';
export const question = { query: 'lamps', sources: ['arxiv', 'crossref'] };

/** Makes the first account, which governs, and gives back somebody who has signed in with it. */
export async function smoke(): Promise<Client> {
  step('signing in');
  tell(`${password}\n`, 'exec', '--no-TTY', 'pake-backend-blue', 'pake', 'user', 'add', 'ada', '--password-stdin');
  const nobody = new Client();
  const refused = await nobody.ask('GET', '/api/v1/history');
  check(refused.status === 401, 'whoever has not signed in sees nothing', refused.status);
  const ada = new Client();
  await ada.signIn('ada', password);
  const me = await ada.json<{ username: string; role: string }>('GET', '/api/v1/auth/me');
  check(me.username === 'ada' && me.role === 'super_admin', 'the first account governs', me);

  step('a live search over a WebSocket');
  const socket = await ada.socket();
  const began = performance.now();
  socket.send('search', question);
  const completed = await socket.await((frame) => frame.type === 'search_completed');
  told(`answered in ${Math.round(performance.now() - began)} ms, ${socket.frames.length} frames`);
  check(socket.frames.some((frame) => frame.type === 'search_started') && socket.frames.some((frame) => frame.type === 'search_progress'), 'the answer was seen coming', socket.frames.map((frame) => frame.type));
  const works = completed.data.works as unknown[];
  check(works.length > 2, 'works were found', works.length);
  socket.close();

  step('taking it away');
  const answer = await ada.json<{ id: string }>('POST', '/api/v1/searches', question, { prefer: 'wait=30' });
  const bibtex = await ada.ask('GET', `/api/v1/searches/${answer.id}/export?format=bibtex`);
  check(bibtex.status === 200 && /@\w+\{/.test(bibtex.body), 'the export is BibTeX', bibtex.body.slice(0, 80));

  step('governing');
  const users = await ada.json<{ users: { username: string }[] }>('GET', '/api/v1/admin/users');
  check(JSON.stringify(users).includes('"ada"'), 'the people are listed');
  const health = await ada.json<{ status: string; components: Record<string, { status: string }> }>('GET', '/health');
  check(health.components.database?.status === 'healthy' && health.components.redis?.status === 'healthy', 'every part is well', health.components);
  const page = await nobody.ask('GET', '/', undefined, { accept: 'text/html' });
  check(page.status === 200 && page.body.includes('<div id="root">'), 'the app is there', page.status);
  const asset = /\/assets\/[\w.-]+\.js/.exec(page.body)?.[0] ?? '';
  const script = await nobody.ask('GET', asset);
  check(script.status === 200 && script.headers['cache-control'] === 'public, max-age=31536000, immutable', 'its files are kept for a year', script.headers);
  told(`${origin}: ${users.users?.length ?? 1} account, ${works.length} works`);
  return ada;
}
