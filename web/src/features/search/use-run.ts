import { useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo, useSyncExternalStore } from 'react';

import { questionOf, type SearchAddress } from './address';
import { BEGINNING, type Progress } from './progress';
import { runOf, type Run } from './run';

const nothing = () => () => undefined;

/** The search that the address asks for, and how far it is. */
export function useRun(address: SearchAddress): { run: Run | undefined; progress: Progress } {
  const navigate = useNavigate();
  const { q, sources, limit, private: isPrivate, id } = address;
  const run = useMemo(() => {
    const question = questionOf({ q, sources, limit, private: isPrivate });
    return question && runOf(question, id);
  }, [q, sources, limit, isPrivate, id]);
  const progress = useSyncExternalStore(run?.watch ?? nothing, () => run?.progress ?? BEGINNING);
  const runId = useSyncExternalStore(run?.watch ?? nothing, () => run?.id);
  useEffect(() => {
    // The address remembers which search it was, so that a reload does not ask again.
    if (runId !== undefined && runId !== id) void navigate({ to: '/', search: (before) => ({ ...before, id: runId }), replace: true, resetScroll: false });
  }, [runId, id, navigate]);
  return { run, progress };
}
