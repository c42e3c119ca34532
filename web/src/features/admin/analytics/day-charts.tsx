import { useTranslation } from 'react-i18next';

import { ChartFigure } from '@/components/charts/chart-figure';
import { Lines, type Series } from '@/components/charts/lines';
import classes from '@/components/charts/charts.module.css';
import type { Schema } from '@/lib/api';
import { useFormat } from '@/lib/format';

type Day = Schema<'UsageDay'>;
type Shown = { title: string; say: (value: number) => string; top?: number; isCount?: boolean; lines: { name: string; of: (day: Day) => number | null | undefined }[] };

function DayChart({ days, shown }: { days: Day[]; shown: Shown }) {
  const { t } = useTranslation('admin');
  const { language } = useFormat();
  // The server counts by the days of UTC; another time zone would move them.
  const date = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const labels = days.map(({ day }) => date.format(new Date(day)));
  const series: Series[] = shown.lines.map(({ name, of }) => ({ name, values: days.map((day) => of(day) ?? null) }));
  const said = series.map(({ name, values }) => {
    const known = values.filter((value) => value !== null);
    return known.length === 0 ? t('analytics.noValue', { name }) : t('analytics.range', { name, least: shown.say(Math.min(...known)), most: shown.say(Math.max(...known)) });
  });
  return (
    <ChartFigure
      title={shown.title}
      summary={`${shown.title}. ${said.join('. ')}`}
      legend={series.map(({ name }) => name)}
      chart={<Lines labels={labels} series={series} say={shown.say} {...(shown.top !== undefined && { top: shown.top })} {...(shown.isCount && { isCount: true })} />}
      columns={[t('analytics.day'), ...shown.lines.map(({ name }) => name)]}
      rows={days.toReversed().map((day) => [
        date.format(new Date(day.day)),
        ...shown.lines.map(({ of }) => {
          const value = of(day);
          return value == null ? '–' : shown.say(value);
        }),
      ])}
    />
  );
}

/** How it went from day to day. */
export function DayCharts({ days }: { days: Day[] }) {
  const { t } = useTranslation('admin');
  const { number, percent, duration } = useFormat();
  const count = (value: number) => number(value);
  const charts: Shown[] = [
    {
      title: t('analytics.searching'),
      say: count,
      isCount: true,
      lines: [
        { name: t('analytics.searches'), of: (day) => day.searches },
        { name: t('analytics.people'), of: (day) => day.active_users },
      ],
    },
    {
      title: t('analytics.quality'),
      say: percent,
      top: 1,
      lines: [
        { name: t('analytics.success'), of: (day) => day.success_rate },
        { name: t('analytics.hits'), of: (day) => day.cache_hit_rate },
      ],
    },
    {
      title: t('analytics.latency'),
      say: duration,
      lines: [
        { name: t('analytics.p50'), of: (day) => day.latency_ms?.p50 },
        { name: t('analytics.p95'), of: (day) => day.latency_ms?.p95 },
        { name: t('analytics.p99'), of: (day) => day.latency_ms?.p99 },
      ],
    },
    {
      title: t('analytics.requests'),
      say: count,
      isCount: true,
      lines: [
        { name: t('analytics.bySession'), of: (day) => day.requests.by_session },
        { name: t('analytics.byToken'), of: (day) => day.requests.by_token },
      ],
    },
  ];
  return (
    <div className={classes.charts}>
      {charts.map((shown) => (
        <DayChart key={shown.title} days={days} shown={shown} />
      ))}
    </div>
  );
}
