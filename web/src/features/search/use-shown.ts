/** Which works are shown, and in which order: never another under the eyes of somebody who reads. */
import { useCallback, useEffect, useMemo, useState } from 'react';

import { narrow, sortWorks } from './arrange';
import type { Narrowing, Sort } from './address';
import type { Progress, Work } from './progress';

/** After so long somebody who only looks has begun to read. */
const UNTIL_READING = 1_500;

type Frozen = { key: string; ids: string[] };

export type Shown = {
  works: Work[];
  /** Works that came since somebody began to read. */
  fresh: number;
  /** The order is another one now. */
  isReordered: boolean;
  /** Somebody reads: from now on nothing moves by itself. */
  freeze: () => void;
  /** Shows what is new, in the order that holds now. */
  show: () => void;
};

export function useShown(progress: Progress, narrowing: Narrowing, sort: Sort, runKey: string): Shown {
  const { works, arrival, final } = progress;
  const current = useMemo(() => {
    const all = (final ?? arrival).flatMap((id) => works.get(id) ?? []);
    return sortWorks(narrow(all, narrowing), sort);
  }, [works, arrival, final, narrowing, sort]);
  // Whoever chooses another order or narrows the list wants it to change.
  const key = useMemo(() => JSON.stringify([runKey, narrowing, sort]), [runKey, narrowing, sort]);
  const [frozen, setFrozen] = useState<Frozen>();
  const isFrozen = frozen?.key === key;

  const show = useCallback(() => setFrozen({ key, ids: current.map((work) => work.id) }), [key, current]);
  const hasWorks = current.length > 0;
  const freeze = useCallback(() => {
    if (!isFrozen && hasWorks) show();
  }, [isFrozen, hasWorks, show]);
  useEffect(() => {
    if (!hasWorks || isFrozen) return;
    const timer = setTimeout(freeze, UNTIL_READING);
    return () => clearTimeout(timer);
  }, [hasWorks, isFrozen, freeze]);

  return useMemo(() => {
    if (!isFrozen) return { works: current, fresh: 0, isReordered: false, freeze, show };
    const fitting = new Set(current.map((work) => work.id));
    const shown = frozen.ids.flatMap((id) => (fitting.has(id) ? (works.get(id) ?? []) : []));
    const isShown = new Set(shown.map((work) => work.id));
    const rest = current.filter((work) => isShown.has(work.id));
    return { works: shown, fresh: current.length - shown.length, isReordered: rest.some((work, place) => work.id !== shown[place]?.id), freeze, show };
  }, [isFrozen, frozen, current, works, freeze, show]);
}
