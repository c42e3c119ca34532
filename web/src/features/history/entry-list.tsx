import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Entry } from './api';
import classes from './entry-list.module.css';
import { EntryRow } from './entry-row';

type Props = { entries: Entry[]; hasMore: boolean; isLoadingMore: boolean; onMore: () => void };

const ROW = 74;
/** So many rows before the end the next page is asked for. */
const AHEAD = 12;

/** The searches; only those near the window are in the page, so ten thousand scroll like ten. */
export function EntryList({ entries, hasMore, isLoadingMore, onMore }: Props) {
  const { t } = useTranslation('history');
  const list = useRef<HTMLOListElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop(list.current?.offsetTop ?? 0), []);
  const rows = useWindowVirtualizer({
    count: entries.length,
    estimateSize: () => ROW,
    getItemKey: (index) => entries[index]?.id ?? index,
    overscan: 8,
    scrollMargin: top,
  });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isLoadingMore && last >= entries.length - AHEAD) onMore();
  }, [hasMore, isLoadingMore, last, entries.length, onMore]);
  return (
    <ol ref={list} className={classes.list} aria-label={t('list')} style={{ height: rows.getTotalSize() }}>
      {shown.map((item) => {
        const entry = entries[item.index];
        if (!entry) return null;
        return (
          <li
            key={item.key}
            ref={rows.measureElement}
            data-index={item.index}
            aria-setsize={hasMore ? -1 : entries.length}
            aria-posinset={item.index + 1}
            className={classes.item}
            style={{ transform: `translateY(${item.start - top}px)` }}
          >
            <EntryRow entry={entry} />
          </li>
        );
      })}
    </ol>
  );
}
