import { useEffect, useEffectEvent } from 'react';

import type { Work } from './progress';
import { isTyping } from './use-focus-keys';

type Options = { works: Work[]; active: string | undefined; goTo: (id: string) => void; onSelect: (id: string) => void };

/** Where the work is read: in a tab of its own. */
export const addressOf = (work: Work) => work.url ?? (work.doi ? `https://doi.org/${work.doi}` : undefined);

/** j and k go through the list, o opens, x marks. (s, which keeps the search, is the toolbar's.) */
export function useListKeys({ works, active, goTo, onSelect }: Options) {
  const heard = useEffectEvent((event: KeyboardEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
    const place = works.findIndex((work) => work.id === active);
    const work = works[place];
    if (event.key === 'j' || event.key === 'k') {
      const next = works[event.key === 'j' ? Math.min(place + 1, works.length - 1) : Math.max(place - 1, 0)];
      if (next) goTo(next.id);
    } else if (event.key === 'o' && work) {
      const address = addressOf(work);
      if (address !== undefined) window.open(address, '_blank', 'noopener');
    } else if (event.key === 'x' && work) {
      onSelect(work.id);
    }
  });
  useEffect(() => {
    document.addEventListener('keydown', heard);
    return () => document.removeEventListener('keydown', heard);
  }, []);
}
