import { Button, SegmentedControl } from '@mantine/core';
import '@mantine/core/styles/FloatingIndicator.layer.css';
import '@mantine/core/styles/SegmentedControl.layer.css';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';

import { Failure } from '@/components/failure';
import { Empty } from '@/components/ui/empty';
import { Loading } from '@/components/ui/loading';
import { Page } from '@/components/ui/page';
import { stream } from '@/lib/stream';

import { PERIODS, periodOf, writePeriod, type Period } from './address';
import { FrequencyChart, QualityChart, SourcesChart } from './analytics-charts';
import { analyticsQuery, sharedQuery } from './api';
import classes from './insights.module.css';
import { LatestCharts } from './latest-charts';
import { Numbers } from './numbers';
import { Questions } from './questions';

const route = getRouteApi('/shell/insights');

/** New searches are counted as they are recorded. */
function useLiveNumbers() {
  const client = useQueryClient();
  useEffect(() => stream.on('search_history_updated', () => void client.invalidateQueries({ queryKey: ['insights'] })), [client]);
}

function Shared({ days }: { days: Period }) {
  const { t } = useTranslation('insights');
  const { data } = useQuery(sharedQuery(days));
  if (!data || data.queries.length === 0) return null;
  return <Questions title={t('shared.title')} lead={t('shared.lead')} questions={data.queries} isOwn={false} />;
}

function Counted({ days }: { days: Period }) {
  const { t } = useTranslation('insights');
  const analytics = useQuery(analyticsQuery(days));
  if (analytics.isPending) return <Loading lines={8} height={36} />;
  if (!analytics.data) return <Failure error={analytics.error} onRetry={() => void analytics.refetch()} />;
  if (analytics.data.total_searches === 0) {
    return (
      <Empty title={t('empty.title')} action={<Button renderRoot={(props) => <Link to="/" {...props} />}>{t('empty.search')}</Button>}>
        {t('empty.text')}
      </Empty>
    );
  }
  return (
    <>
      {analytics.isError && <Failure error={analytics.error} onRetry={() => void analytics.refetch()} />}
      <Numbers analytics={analytics.data} />
      <div className={classes.charts}>
        <FrequencyChart analytics={analytics.data} days={days} />
        <SourcesChart analytics={analytics.data} />
        <Questions title={t('questions.title')} lead={t('questions.lead')} questions={analytics.data.popular_queries} isOwn />
        <LatestCharts days={days} />
        <QualityChart analytics={analytics.data} />
        <Shared days={days} />
      </div>
    </>
  );
}

/** One's own searches in numbers. */
export function InsightsPage() {
  const { t } = useTranslation('insights');
  const days = periodOf(route.useSearch());
  const navigate = route.useNavigate();
  useLiveNumbers();
  const choose = (value: string) => void navigate({ search: writePeriod(periodOf({ days: value })), replace: true });
  const period = (
    <SegmentedControl
      size="xs"
      aria-label={t('period.label')}
      value={String(days)}
      onChange={choose}
      data={PERIODS.map((each) => ({ value: String(each), label: each > 365 ? t('period.all') : t('period.days', { count: each }) }))}
    />
  );
  return (
    <Page title={t('title')} lead={t('lead')} actions={period}>
      <Counted days={days} />
    </Page>
  );
}
