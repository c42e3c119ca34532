import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useFormat } from '@/lib/format';

import type { Work } from './progress';
import classes from './work-card.module.css';

const SHOWN = 4;

/** "12 (3), 45–67": where in the venue it stands. */
function position({ volume, issue, pages }: Work): string {
  const inVolume = [volume, issue != null && `(${issue})`].filter(Boolean).join(' ');
  return [inVolume, pages].filter(Boolean).join(', ');
}

/** Who wrote it, where it was published, and when. */
export function Byline({ work }: { work: Work }) {
  const { t } = useTranslation('search');
  const format = useFormat();
  const [isOpen, setOpen] = useState(false);
  const names = work.authors.map((author) => author.name ?? '').filter((name) => name !== '');
  const hidden = isOpen ? 0 : Math.max(0, names.length - SHOWN);
  const shown = names.slice(0, names.length - hidden).join(', ');
  const date = work.date;
  const day = date && new Date(Date.UTC(date.year, (date.month ?? 1) - 1, date.day ?? 1));
  const options: Intl.DateTimeFormatOptions = { year: 'numeric', timeZone: 'UTC', ...(date?.month != null && { month: 'short' }), ...(date?.day != null && { day: 'numeric' }) };
  return (
    <p className={classes.byline}>
      <bdi>{shown}</bdi>
      {hidden > 0 && (
        <button type="button" className={classes.more} onClick={() => setOpen(true)}>
          {t('card.moreAuthors', { count: hidden, formatted: format.number(hidden) })}
        </button>
      )}
      {shown !== '' && (work.venue != null || day != null) && ' · '}
      {work.venue != null && <bdi className={classes.venue}>{work.venue}</bdi>}
      {work.venue != null && position(work) !== '' && ` ${position(work)}`}
      {work.venue != null && day != null && ' · '}
      {day != null && <time dateTime={String(date?.year)}>{format.date(day, options)}</time>}
    </p>
  );
}
