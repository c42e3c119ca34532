import { NativeSelect } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import classes from '@/components/charts/charts.module.css';
import { counted, Ranking } from '@/components/charts/ranking';
import { Loaded } from '@/components/loaded';
import { Empty } from '@/components/ui/empty';
import { Section } from '@/components/ui/section';
import { Tile, Tiles } from '@/components/ui/tiles';
import { api, take, type Schema } from '@/lib/api';
import { useFormat } from '@/lib/format';
import { useSourceLabel } from '@/lib/sources';

import { useFilters } from '../use-filters';
import { DayCharts } from './day-charts';
import { everyDay } from './days';

const PERIODS = ['7', '30', '90', '366'] as const;
const USUAL = '30';

type Usage = Schema<'Usage'>;

function Totals({ usage }: { usage: Usage }) {
  const { t } = useTranslation('admin');
  const { number, percent, duration } = useFormat();
  const share = (value: number | null | undefined) => (value == null ? '–' : percent(value));
  return (
    <Tiles>
      <Tile label={t('analytics.people')} value={number(usage.active_users)} />
      <Tile label={t('analytics.searches')} value={number(usage.searches)} />
      <Tile label={t('analytics.success')} value={share(usage.success_rate)} />
      <Tile label={t('analytics.hits')} value={share(usage.cache_hit_rate)} />
      <Tile label={t('dashboard.latency')} value={usage.latency_ms == null ? '–' : duration(usage.latency_ms.p95)} />
      <Tile label={t('analytics.tokens')} value={number(usage.active_tokens)} />
    </Tiles>
  );
}

function Rankings({ usage }: { usage: Usage }) {
  const { t } = useTranslation('admin');
  const { number } = useFormat();
  const label = useSourceLabel();
  const sources = usage.popular_sources.map(({ source, searches }) => ({ name: label(source), count: searches }));
  const features = Object.entries(usage.features)
    .map(([name, count]) => ({ name, count }))
    .toSorted((one, other) => other.count - one.count);
  return (
    <div className={classes.charts}>
      {sources.length > 0 && <Ranking title={t('analytics.sources')} head={[t('analytics.source'), t('analytics.searches')]} rows={counted(sources, number)} />}
      {features.length > 0 && <Ranking title={t('analytics.features')} head={[t('analytics.feature'), t('analytics.times')]} rows={counted(features, number)} />}
    </div>
  );
}

/** How PAKE is used, from day to day and all together, counted from the database. */
export function AnalyticsPage() {
  const { t } = useTranslation('admin');
  const [{ days = USUAL }, change] = useFilters();
  const period = PERIODS.find((each) => each === days) ?? USUAL;
  const query = useQuery({
    queryKey: ['admin', 'analytics', period],
    queryFn: () => take(api.GET('/api/v1/admin/system/analytics', { params: { query: { days: Number(period) } } })),
    placeholderData: keepPreviousData,
  });
  const choice = (
    <NativeSelect
      size="sm"
      aria-label={t('analytics.period')}
      value={period}
      data={PERIODS.map((each) => ({ value: each, label: t('analytics.lastDays', { count: Number(each) }) }))}
      onChange={(event) => change({ days: event.currentTarget.value })}
    />
  );
  return (
    <Section title={t('analytics.title')} lead={t('analytics.lead')} actions={choice}>
      <Loaded query={query} lines={8}>
        {(usage) =>
          usage.days.length === 0 ? (
            <Empty title={t('analytics.none')}>{t('analytics.noneText')}</Empty>
          ) : (
            <>
              <Totals usage={usage} />
              <DayCharts days={everyDay(usage.days, usage.since, new Date())} />
              <Rankings usage={usage} />
            </>
          )
        }
      </Loaded>
    </Section>
  );
}
