import { Anchor } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import type { Schema } from '@/lib/api';
import { useFormat } from '@/lib/format';
import { useSourceLabel } from '@/lib/sources';

import classes from './entry.module.css';

type Props = { work: Schema<'Work'>; place: ReactNode; children?: ReactNode };

/** So many authors are named; of more, the first. */
const AUTHORS = 3;

/** Only where a person can read: an address that a source made up leads nowhere else. */
const isAddress = (url: string | null | undefined): url is string => url != null && /^https?:\/\//i.test(url);

/** One work in a line or two: its place, its title, who, where, when. */
export function WorkLine({ work, place, children }: Props) {
  const { t } = useTranslation('history');
  const format = useFormat();
  const label = useSourceLabel();
  const names = work.authors.map(({ name }) => name ?? '').filter((name) => name !== '');
  const authors = names.length > AUTHORS ? t('works.others', { name: names[0] }) : format.list(names);
  const facts = [authors, work.venue, work.date?.year.toString(), format.list(work.sources.map(label))].filter((fact) => fact != null && fact !== '');
  return (
    <li className={classes.work}>
      <span className={classes.place}>{place}</span>
      <div>
        {isAddress(work.url) ? (
          <Anchor href={work.url} target="_blank" rel="noreferrer" className={classes.workTitle}>
            <bdi>{work.title}</bdi>
          </Anchor>
        ) : (
          <bdi className={classes.workTitle}>{work.title}</bdi>
        )}
        <p className={classes.workFacts}>
          <bdi>{facts.join(' · ')}</bdi>
        </p>
        {children}
      </div>
    </li>
  );
}
