import { useTranslation } from 'react-i18next';

import { Tile, Tiles } from '@/components/ui/tiles';
import type { Schema } from '@/lib/api';
import { useFormat } from '@/lib/format';

/** The numbers that stand for the whole period. */
export function Numbers({ analytics }: { analytics: Schema<'Analytics'> }) {
  const { t } = useTranslation('insights');
  const format = useFormat();
  const { avg_execution_time: mean, cache_hit_rate: hits } = analytics;
  return (
    <Tiles>
      <Tile label={t('tiles.searches')} value={format.number(analytics.total_searches)} />
      <Tile label={t('tiles.questions')} value={format.number(analytics.unique_queries)} />
      <Tile label={t('tiles.mean')} value={mean == null ? '–' : format.duration(mean)} />
      <Tile label={t('tiles.kept')} value={hits == null ? '–' : format.percent(hits)} />
    </Tiles>
  );
}
