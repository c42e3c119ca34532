import { useTranslation } from 'react-i18next';

import type { Schema } from '@/lib/api';
import { useFormat } from '@/lib/format';

import classes from './insights.module.css';

/** The numbers that stand for the whole period. */
export function Tiles({ analytics }: { analytics: Schema<'Analytics'> }) {
  const { t } = useTranslation('insights');
  const format = useFormat();
  const { avg_execution_time: mean, cache_hit_rate: hits } = analytics;
  const tiles: [string, string][] = [
    [t('tiles.searches'), format.number(analytics.total_searches)],
    [t('tiles.questions'), format.number(analytics.unique_queries)],
    [t('tiles.mean'), mean == null ? '–' : format.duration(mean)],
    [t('tiles.kept'), hits == null ? '–' : format.percent(hits)],
  ];
  return (
    <dl className={classes.tiles}>
      {tiles.map(([name, value]) => (
        <div key={name} className={classes.tile}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
