import { useCallback, useMemo, useState } from 'react';

const NOTHING: ReadonlySet<string> = new Set();

export type Selection = { selected: ReadonlySet<string>; toggle: (id: string) => void; clear: () => void };

/** The works that were marked, to take them away together. */
export function useSelection(): Selection {
  const [selected, setSelected] = useState(NOTHING);
  const toggle = useCallback((id: string) => {
    setSelected((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);
  const clear = useCallback(() => setSelected(NOTHING), []);
  return useMemo(() => ({ selected, toggle, clear }), [selected, toggle, clear]);
}
