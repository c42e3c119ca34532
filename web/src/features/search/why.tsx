import type { Schema } from '@/lib/api';
import { useFormat } from '@/lib/format';
import { useTranslation } from 'react-i18next';

import { useSources } from './api';
import classes from './panels.module.css';

const TERMS = ['fusion', 'text', 'recency', 'citations'] as const;

/** Why a work stands where it stands: the terms of its score, as they were added up. */
export function Why({ why, score }: { why: Schema<'Why'>; score: number }) {
  const { t } = useTranslation('search');
  const format = useFormat();
  const { label } = useSources();
  const number = (value: number) => format.number(value, { minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: 'negative' });
  const ranks = why.ranks.map((rank) => t('why.rank', { source: label(rank.source), rank: format.number(rank.rank) }));
  return (
    <table className={classes.table}>
      <caption>{t('why.caption', { score: number(score) })}</caption>
      <tbody>
        {TERMS.map((term) => (
          <tr key={term}>
            <th scope="row">{t(`why.${term}`)}</th>
            <td className={classes.number}>{number(why[term])}</td>
            <td className={classes.wide}>
              <meter className={classes.meter} min={0} max={Math.max(score, 0.01)} value={why[term]} aria-label={t(`why.${term}`)} />
            </td>
            <td>
              {term === 'fusion' && format.list(ranks)}
              {term === 'text' && why.matched.length > 0 && t('why.matched', { words: format.list(why.matched) })}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
