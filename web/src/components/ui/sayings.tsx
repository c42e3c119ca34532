import { useSyncExternalStore } from 'react';

import classes from './sayings.module.css';

type Saying = { id: number; text: string; isShown: boolean };

const LASTS = 5_000;
const watchers = new Set<() => void>();
let sayings: Saying[] = [];
let last = 0;

function become(next: Saying[]): void {
  sayings = next;
  for (const watcher of watchers) watcher();
}

/** Says something in passing: shown for a moment and read aloud; with `isShown: false` read aloud only. */
export function say(text: string, { isShown = true }: { isShown?: boolean } = {}): void {
  last += 1;
  const id = last;
  become([...sayings, { id, text, isShown }]);
  setTimeout(() => become(sayings.filter((saying) => saying.id !== id)), LASTS);
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => void watchers.delete(watcher);
}

/** Where `say` is heard and seen; once in the page. */
export function Sayings() {
  const current = useSyncExternalStore(watch, () => sayings);
  return (
    <div role="status" aria-live="polite" className={classes.sayings}>
      {current.map((saying) => (
        <p key={saying.id} className={saying.isShown ? classes.saying : classes.unseen}>
          {saying.text}
        </p>
      ))}
    </div>
  );
}
