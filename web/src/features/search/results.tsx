import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { memo, useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Work } from './progress';
import classes from './results.module.css';
import { useListKeys } from './use-list-keys';
import { WorkCard, type Part } from './work-card';

type Props = {
  works: Work[];
  words: string[];
  searchId: string | undefined;
  isFinal: boolean;
  selected: ReadonlySet<string>;
  onSelect: (id: string) => void;
  /** Somebody has begun to read. */
  onRead: () => void;
  onAskAgain: () => void;
};

const ESTIMATE = 168;
/** What the header of the page covers. */
const COVERED = 64;

const NOTHING: ReadonlySet<Part> = new Set();

/** Which parts of which works are open: a card that is scrolled away and back is as it was. */
function useOpenParts() {
  const [open, setOpen] = useState<ReadonlyMap<string, ReadonlySet<Part>>>(new Map());
  const toggle = useCallback((id: string, part: Part) => {
    setOpen((before) => {
      const parts = new Set(before.get(id));
      if (!parts.delete(part)) parts.add(part);
      return new Map(before).set(id, parts);
    });
  }, []);
  return { open, toggle };
}

/** The works; only those that are on the screen are in the page. */
export const Results = memo(function Results({ works, words, searchId, isFinal, selected, onSelect, onRead, onAskAgain }: Props) {
  const { t } = useTranslation('search');
  const box = useRef<HTMLDivElement>(null);
  const [offset, setOffset] = useState(0);
  const [active, setActive] = useState<string>();
  const wanted = useRef<string>(undefined);
  const { open, toggle } = useOpenParts();
  const virtual = useWindowVirtualizer({
    count: works.length,
    estimateSize: () => ESTIMATE,
    overscan: 5,
    scrollMargin: offset,
    scrollPaddingStart: COVERED,
    getItemKey: (place) => works[place]?.id ?? place,
  });
  // What is above the list (chips, notices) changes while sources answer.
  useEffect(() => {
    const measure = () => setOffset(box.current ? box.current.getBoundingClientRect().top + window.scrollY : 0);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const scrolled = () => {
      if (window.scrollY > COVERED) onRead();
    };
    window.addEventListener('scroll', scrolled, { passive: true });
    return () => window.removeEventListener('scroll', scrolled);
  }, [onRead]);
  const goTo = (id: string) => {
    onRead();
    setActive(id);
    wanted.current = id;
    virtual.scrollToIndex(works.findIndex((work) => work.id === id), { align: 'auto' });
    // It is in the page with the next frame but one at the latest. Whoever types faster is further by then, and not taken back.
    const focus = () => {
      if (wanted.current === id) document.getElementById(`work-${id}`)?.focus({ preventScroll: true });
    };
    requestAnimationFrame(() => requestAnimationFrame(focus));
  };
  useListKeys({ works, active, goTo, onSelect });
  if (works.length === 0) return null;
  return (
    <div ref={box} role="feed" aria-label={t('results.label')} aria-busy={!isFinal} className={classes.feed} style={{ height: virtual.getTotalSize() }} onPointerDown={onRead} onFocus={onRead}>
      {virtual.getVirtualItems().map((row) => {
        const work = works[row.index];
        return (
          work && (
            <div key={row.key} ref={virtual.measureElement} data-index={row.index} className={classes.row} style={{ transform: `translateY(${row.start - virtual.options.scrollMargin}px)` }}>
              <WorkCard
                work={work}
                words={words}
                searchId={searchId}
                isFinal={isFinal}
                place={row.index + 1}
                total={works.length}
                isActive={work.id === active || (active === undefined && row.index === 0)}
                isSelected={selected.has(work.id)}
                open={open.get(work.id) ?? NOTHING}
                onToggle={toggle}
                onActive={setActive}
                onSelect={onSelect}
                onAskAgain={onAskAgain}
              />
            </div>
          )
        );
      })}
    </div>
  );
});
