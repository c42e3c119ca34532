import { useSyncExternalStore } from 'react';

import { useFormat } from '@/lib/format';

const EVERY = 30_000;
const watchers = new Set<() => void>();
let now = new Date();
let ticking: ReturnType<typeof setInterval> | undefined;

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  ticking ??= setInterval(() => {
    now = new Date();
    for (const each of watchers) each();
  }, EVERY);
  return () => {
    watchers.delete(watcher);
    if (watchers.size === 0) {
      clearInterval(ticking);
      ticking = undefined;
    }
  };
}

/** How long ago (or until) something is; the whole date and time on hover. */
export function Time({ at }: { at: string | Date }) {
  const format = useFormat();
  const ticked = useSyncExternalStore(watch, () => now);
  const date = new Date(at);
  // The very first workspace is there from the beginning, and nobody wrote down when that was.
  if (date.getTime() === 0) return '–';
  // What happened since the last tick did not happen in the future.
  const reference = date > ticked && date <= new Date() ? date : ticked;
  return (
    <time dateTime={date.toISOString()} title={format.absolute(date)}>
      {format.relative(date, reference)}
    </time>
  );
}
