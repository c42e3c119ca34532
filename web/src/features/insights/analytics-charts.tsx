import { useTranslation } from 'react-i18next';

import type { Schema } from '@/lib/api';
import { useFormat } from '@/lib/format';
import { useSourceLabel } from '@/lib/sources';

import type { Period } from './address';
import { Columns, Ranking } from './bars';
import { ChartFigure } from './chart-figure';
import { frequency, type Step } from './frequency';
import classes from './insights.module.css';

type Analytics = Schema<'Analytics'>;

const DATES: Record<Step, Intl.DateTimeFormatOptions> = {
  day: { day: 'numeric', month: 'short' },
  week: { day: 'numeric', month: 'short', year: '2-digit' },
  month: { month: 'short', year: 'numeric' },
};

export function FrequencyChart({ analytics, days }: { analytics: Analytics; days: Period }) {
  const { t } = useTranslation('insights');
  const format = useFormat();
  const { step, columns } = frequency(analytics.search_frequency, days, new Date());
  // The server counts by the days of UTC; another time zone would move them.
  const date = new Intl.DateTimeFormat(format.language, { ...DATES[step], timeZone: 'UTC' });
  const bars = columns.map(({ start, count }) => ({ name: date.format(new Date(start)), value: count, shown: format.number(count) }));
  const most = bars.reduce((best, bar) => (bar.value > best.value ? bar : best), { name: '', value: 0, shown: '' });
  return (
    <div className={classes.whole}>
      <ChartFigure
        title={t(`frequency.${step}`)}
        summary={t('frequency.summary', { count: analytics.total_searches, when: most.name, most: most.shown })}
        chart={<Columns bars={bars} />}
        columns={[t(`frequency.${step}Column`), t('frequency.searches')]}
        rows={bars.filter(({ value }) => value > 0).map(({ name, shown }) => [name, shown])}
      />
    </div>
  );
}

export function SourcesChart({ analytics }: { analytics: Analytics }) {
  const { t } = useTranslation('insights');
  const format = useFormat();
  const label = useSourceLabel();
  const bars = analytics.top_sources.map(({ source, count }) => ({ name: label(source), value: count, shown: format.number(count) }));
  return (
    <ChartFigure
      title={t('sources.title')}
      lead={t('sources.lead')}
      summary={t('sources.summary', { list: format.list(bars.map(({ name, shown }) => `${name} ${shown}`)) })}
      chart={<Ranking bars={bars} />}
      columns={[t('sources.source'), t('frequency.searches')]}
      rows={bars.map(({ name, shown }) => [name, shown])}
    />
  );
}

/** How searches were judged; nothing where nobody judges. */
export function QualityChart({ analytics }: { analytics: Analytics }) {
  const { t } = useTranslation('insights');
  const format = useFormat();
  const { high, medium, low, unrated } = analytics.quality_distribution;
  if (high + medium + low === 0) return null;
  const bars = Object.entries({ high, medium, low, unrated } as const).map(([grade, count]) => ({
    name: t(`quality.${grade as 'high'}`),
    value: count,
    shown: format.number(count),
  }));
  return (
    <ChartFigure
      title={t('quality.title')}
      lead={t('quality.lead')}
      summary={format.list(bars.map(({ name, shown }) => `${name} ${shown}`))}
      chart={<Ranking bars={bars} />}
      columns={[t('quality.grade'), t('frequency.searches')]}
      rows={bars.map(({ name, shown }) => [name, shown])}
    />
  );
}
