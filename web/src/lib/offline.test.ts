import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { fakeCaches } from '@/testing/caches';

import { findKept, forgetKept, keep } from './offline';

beforeEach(() => void vi.stubGlobal('caches', fakeCaches()));
afterEach(() => vi.unstubAllGlobals());

it('keeps something under a key, and says since when', async () => {
  await keep('["lamps & more",[]]', { works: 1 });
  const kept = await findKept('["lamps & more",[]]');
  expect(kept?.data).toEqual({ works: 1 });
  expect(Date.parse(kept?.at ?? '')).toBeGreaterThan(Date.now() - 60_000);
  expect(await findKept('other')).toBeUndefined();
});

it('keeps the last twenty', async () => {
  for (let at = 0; at < 23; at += 1) await keep(`question ${at}`, at);
  expect(await findKept('question 2')).toBeUndefined();
  expect((await findKept('question 3'))?.data).toBe(3);
});

it('forgets everything when somebody signs out, and nothing that is not theirs', async () => {
  await caches.open('workbox-precache');
  await keep('question', 1);
  await forgetKept();
  expect(await caches.keys()).toEqual(['workbox-precache']);
});

it('does without where the browser keeps nothing', async () => {
  vi.unstubAllGlobals();
  await keep('question', 1);
  await forgetKept();
  expect(await findKept('question')).toBeUndefined();
});
