import { HttpResponse } from 'msw';
import { expect, it, vi } from 'vitest';

import { respond, server } from '@/testing/server';

import { exportWorks } from './api';

const ID = '00000000-0000-7000-8000-00000000000f';

/** What is handed over when work b is taken away; `orders`: how the answer is each time that the server is asked for the file. */
async function takeB(...orders: string[][]): Promise<unknown> {
  let asked = 0;
  const now = () => (orders[Math.min(asked, orders.length) - 1] ?? []).map((id) => ({ id }));
  server.use(
    respond('get', '/api/v1/searches/{id}/export', () => {
      asked += 1;
      return HttpResponse.json(now());
    }),
    respond('get', '/api/v1/searches/{id}', () => HttpResponse.json({ works: now() })),
  );
  const made: Blob[] = [];
  URL.createObjectURL = (blob) => `blob:${made.push(blob as Blob)}`;
  URL.revokeObjectURL = () => undefined;
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined);
  const isWhole = await exportWorks(ID, 'csl-json', ['a', 'b'], new Set(['b']));
  expect(isWhole).toBe(made.length === 1);
  return made[0] && JSON.parse(await made[0].text());
}

it('takes exactly the works that are marked', async () => {
  expect(await takeB(['a', 'b'])).toEqual([{ id: 'b' }]);
});

it('takes them although a late source has put them elsewhere', async () => {
  expect(await takeB(['b', 'c', 'a'], ['b', 'c', 'a'])).toEqual([{ id: 'b' }]);
});

it('takes none when one of them is not in the answer any more, or the answer never stands still', async () => {
  expect(await takeB(['a', 'c'], ['a', 'c'])).toBeUndefined();
  expect(await takeB(['b', 'a'], ['b', 'a', 'c'], ['c', 'b', 'a'], ['a', 'b', 'c'])).toBeUndefined();
});
