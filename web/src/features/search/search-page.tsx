import { VisuallyHidden } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useDeferredValue, useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';

import { stream } from '@/lib/stream';

import { narrowingOf, writeNarrowing, type Narrowing, type SearchAddress } from './address';
import { Answer } from './answer';
import { SearchBox } from './search-box';
import classes from './search-page.module.css';
import { Start } from './start';
import { useFocusKeys } from './use-focus-keys';
import { useRun } from './use-run';

export function SearchPage() {
  const { t } = useTranslation('search');
  const address = useSearch({ from: '/shell/' });
  const navigate = useNavigate();
  const box = useRef<HTMLInputElement>(null);
  const { run, progress } = useRun(address);
  // The list is drawn in pieces, between which the box answers whoever types.
  const current = useMemo(() => ({ run, progress }), [run, progress]);
  const drawn = useDeferredValue(current);
  const seen = drawn.run === run ? drawn.progress : progress;
  const narrowing = useMemo(() => narrowingOf(address), [address]);
  useFocusKeys(box);
  // The connection is there before the first question is.
  useEffect(() => stream.on('system_alert', () => undefined), []);

  const change = useCallback(
    (part: Partial<SearchAddress>, options: { replace?: boolean } = {}) =>
      void navigate({ to: '/', search: (before) => ({ ...before, ...part }), resetScroll: false, ...options }),
    [navigate],
  );
  const ask = useCallback(
    (part: Pick<SearchAddress, 'q' | 'sources' | 'limit' | 'private'>) => {
      // Another question begins with the whole list.
      void navigate({ to: '/', search: (before) => ({ sort: before.sort, sources: before.sources, limit: before.limit, private: before.private, ...part }) });
    },
    [navigate],
  );
  const narrowTo = useCallback((next: Narrowing) => change(writeNarrowing(next), { replace: true }), [change]);

  const title = address.q ?? t('title');
  return (
    <div className={classes.page}>
      <title>{`${title} · PAKE`}</title>
      {run ? (
        <>
          <VisuallyHidden component="h1">{t('heading', { query: address.q })}</VisuallyHidden>
          <SearchBox key={address.q} ref={box} address={address} progress={progress} onAsk={ask} />
          <Answer key={run.key} run={run} progress={seen} address={address} narrowing={narrowing} onNarrow={narrowTo} onChange={change} onAsk={ask} />
        </>
      ) : (
        <Start>
          <SearchBox ref={box} address={address} progress={progress} onAsk={ask} isFirst />
        </Start>
      )}
    </div>
  );
}
