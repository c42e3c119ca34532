/** The browser's caches, in memory: what jsdom does not have. */
export function fakeCaches() {
  const all = new Map<string, Map<string, Response>>();
  const open = (name: string) => {
    const cache = all.get(name) ?? new Map<string, Response>();
    all.set(name, cache);
    return Promise.resolve({
      put: (address: string, response: Response) => Promise.resolve(void cache.set(address, response)),
      match: (address: string) => Promise.resolve(cache.get(address)?.clone()),
      delete: (request: string | { url: string }) => Promise.resolve(cache.delete(typeof request === 'string' ? request : request.url)),
      keys: () => Promise.resolve([...cache.keys()].map((url) => ({ url }))),
    });
  };
  return { open, keys: () => Promise.resolve([...all.keys()]), delete: (name: string) => Promise.resolve(all.delete(name)) };
}
