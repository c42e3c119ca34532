/** The page as the browser keeps it: opens offline, and says when the server has a newer one. */
import { useSyncExternalStore } from 'react';
import { registerSW } from 'virtual:pwa-register';

const watchers = new Set<() => void>();
let isReady = false;
let take: ((reload: boolean) => Promise<void>) | undefined;

/** Once the page has loaded and nothing else is to be done: keeping it, or installing it, is nothing to wait for. */
export function keepPage(): void {
  if ('requestIdleCallback' in window) requestIdleCallback(register);
  else setTimeout(register, 1_000);
}

function register(): void {
  const manifest = document.querySelector<HTMLMetaElement>('meta[name=manifest]')?.content;
  if (manifest !== undefined) document.head.append(Object.assign(document.createElement('link'), { rel: 'manifest', href: manifest }));
  take = registerSW({
    onNeedRefresh: () => {
      isReady = true;
      for (const watcher of watchers) watcher();
    },
  });
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => void watchers.delete(watcher);
}

/** The way to the newer version, when there is one. */
export function useNewVersion(): (() => void) | undefined {
  const hasNew = useSyncExternalStore(watch, () => isReady);
  return hasNew ? () => void take?.(true) : undefined;
}
