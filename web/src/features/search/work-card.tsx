import { Checkbox } from '@mantine/core';
import { IconFileText, IconListDetails, IconScale, IconTextWrap } from '@tabler/icons-react';
import { lazy, memo, Suspense } from 'react';
import { useTranslation } from 'react-i18next';

import { useFormat } from '@/lib/format';

import { Badges } from './badges';
import { Byline } from './byline';
import { CiteMenu } from './cite-menu';
import { Highlighted } from './highlighted';
import type { Work } from './progress';
import { addressOf } from './use-list-keys';
import classes from './work-card.module.css';

const Why = lazy(() => import('./why').then((module) => ({ default: module.Why })));
const Provenance = lazy(() => import('./provenance').then((module) => ({ default: module.Provenance })));

/** What can be opened of a card. */
export type Part = 'abstract' | 'why' | 'sources';

type Props = {
  work: Work;
  words: string[];
  searchId: string | undefined;
  isFinal: boolean;
  place: number;
  total: number;
  isActive: boolean;
  isSelected: boolean;
  open: ReadonlySet<Part>;
  onToggle: (id: string, part: Part) => void;
  onActive: (id: string) => void;
  onSelect: (id: string) => void;
  onAskAgain: () => void;
};

/** One work. */
export const WorkCard = memo(function WorkCard({ work, words, searchId, isFinal, place, total, isActive, isSelected, open, onToggle, onActive, onSelect, onAskAgain }: Props) {
  const { t } = useTranslation('search');
  const format = useFormat();
  const { id } = work;
  const address = addressOf(work);
  const title = (
    <bdi>
      <Highlighted text={work.title} words={words} />
    </bdi>
  );
  return (
    <article id={`work-${id}`} aria-labelledby={`title-${id}`} aria-posinset={place} aria-setsize={total} tabIndex={isActive ? 0 : -1} className={classes.card} data-active={isActive || undefined} data-selected={isSelected || undefined} onFocus={() => onActive(id)}>
      <Checkbox size="sm" className={classes.check} aria-label={t('card.select', { title: work.title })} checked={isSelected} onChange={() => onSelect(id)} />
      <div className={classes.body}>
        <h2 id={`title-${id}`} className={classes.title}>
          {address === undefined ? (
            title
          ) : (
            <a href={address} target="_blank" rel="noreferrer" className={classes.link}>
              {title}
            </a>
          )}
        </h2>
        <Byline work={work} />
        <Badges work={work} />
        {work.abstract != null && (
          <p dir="auto" className={classes.abstract} data-open={open.has('abstract') || undefined}>
            <Highlighted text={work.abstract} words={words} />
          </p>
        )}
        <div className={classes.actions}>
          {work.abstract != null && (
            <button type="button" aria-expanded={open.has('abstract')} onClick={() => onToggle(id, 'abstract')}>
              <IconTextWrap size={14} aria-hidden />
              {t(open.has('abstract') ? 'card.less' : 'card.abstract')}
            </button>
          )}
          {work.pdf_url != null && (
            <a href={work.pdf_url} target="_blank" rel="noreferrer">
              <IconFileText size={14} aria-hidden />
              {t('card.fullText')}
            </a>
          )}
          <CiteMenu work={work} />
          <button type="button" aria-expanded={open.has('sources')} onClick={() => onToggle(id, 'sources')}>
            <IconListDetails size={14} aria-hidden />
            {t('card.sources', { count: work.sources.length, formatted: format.number(work.sources.length) })}
          </button>
          {work.why && (
            <button type="button" aria-expanded={open.has('why')} onClick={() => onToggle(id, 'why')}>
              <IconScale size={14} aria-hidden />
              {t('card.why')}
            </button>
          )}
        </div>
        <Suspense fallback={<p className={classes.waiting}>{t('card.loading')}</p>}>
          {open.has('why') && work.why && <Why why={work.why} score={work.score} />}
          {open.has('sources') && <Provenance work={work} searchId={searchId} isFinal={isFinal} onAskAgain={onAskAgain} />}
        </Suspense>
      </div>
    </article>
  );
});
