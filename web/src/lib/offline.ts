/** What this device keeps, so that the last answers open without a network. Nothing of it outlives the session. */

const ANSWERS = 'pake-kept-answers';
const MOST = 20;

const addressOf = (key: string) => `/kept/${encodeURIComponent(key)}`;

export type Kept<T> = { at: string; data: T };

/** Keeps something under a key; of all that is kept the oldest goes. */
export async function keep(key: string, data: unknown): Promise<void> {
  // Only where the page came over HTTPS, or from this machine.
  if (!('caches' in window)) return;
  const cache = await caches.open(ANSWERS);
  const address = addressOf(key);
  await cache.delete(address);
  await cache.put(address, Response.json({ at: new Date().toISOString(), data }));
  const all = await cache.keys();
  await Promise.all(all.slice(0, Math.max(0, all.length - MOST)).map((request) => cache.delete(request)));
}

export async function findKept<T>(key: string): Promise<Kept<T> | undefined> {
  if (!('caches' in window)) return undefined;
  const found = await (await caches.open(ANSWERS)).match(addressOf(key));
  return found && ((await found.json()) as Kept<T>);
}

/** Forgets all of it: somebody signs out, and another may sit down here. */
export async function forgetKept(): Promise<void> {
  if (!('caches' in window)) return;
  const names = (await caches.keys()).filter((name) => name.startsWith('pake-kept-'));
  await Promise.all(names.map((name) => caches.delete(name)));
}
