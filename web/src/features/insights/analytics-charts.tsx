import { useTranslation } from 'react-i18next';

import { ChartFigure } from '@/components/charts/chart-figure';
import classes from '@/components/charts/charts.module.css';
import { Columns } from '@/components/charts/columns';
import { counted, Ranking } from '@/components/charts/ranking';
import type { Schema } from '@/lib/api';
import { useFormat } from '@/lib/format';
import { useSourceLabel } from '@/lib/sources';

import type { Period } from './address';
import { frequency, type Step } from './frequency';

type Analytics = Schema<'Analytics'>;

const DATES: Record<Step, Intl.DateTimeFormatOptions> = {
  day: { day: 'numeric', month: 'short' },
  week: { day: 'numeric', month: 'short', year: '2-digit' },
  month: { month: 'short', year: 'numeric' },
};

export function FrequencyChart({ analytics, days }: { analytics: Analytics; days: Period }) {
  const { t } = useTranslation('insights');
  const format = useFormat();
  const { step, columns: counts } = frequency(analytics.search_frequency, days, new Date());
  // The server counts by the days of UTC; another time zone would move them.
  const date = new Intl.DateTimeFormat(format.language, { ...DATES[step], timeZone: 'UTC' });
  const columns = counts.map(({ start, count }) => ({ name: date.format(new Date(start)), value: count, shown: format.number(count) }));
  const most = columns.reduce((best, column) => (column.value > best.value ? column : best), { name: '', value: 0, shown: '' });
  return (
    <div className={classes.whole}>
      <ChartFigure
        title={t(`frequency.${step}`)}
        summary={t('frequency.summary', { count: analytics.total_searches, when: most.name, most: most.shown })}
        chart={<Columns columns={columns} what={t('frequency.searches')} />}
        columns={[t(`frequency.${step}Column`), t('frequency.searches')]}
        rows={columns.filter(({ value }) => value > 0).map(({ name, shown }) => [name, shown])}
      />
    </div>
  );
}

export function SourcesChart({ analytics }: { analytics: Analytics }) {
  const { t } = useTranslation('insights');
  const { number } = useFormat();
  const label = useSourceLabel();
  const sources = analytics.top_sources.map(({ source, count }) => ({ name: label(source), count }));
  return <Ranking title={t('sources.title')} lead={t('sources.lead')} head={[t('sources.source'), t('frequency.searches')]} rows={counted(sources, number)} />;
}

/** How searches were judged; nothing where nobody judges. */
export function QualityChart({ analytics }: { analytics: Analytics }) {
  const { t } = useTranslation('insights');
  const { number } = useFormat();
  const { high, medium, low, unrated } = analytics.quality_distribution;
  if (high + medium + low === 0) return null;
  const grades = Object.entries({ high, medium, low, unrated } as const).map(([grade, count]) => ({ name: t(`quality.${grade as 'high'}`), count }));
  return <Ranking title={t('quality.title')} lead={t('quality.lead')} head={[t('quality.grade'), t('frequency.searches')]} rows={counted(grades, number)} />;
}
