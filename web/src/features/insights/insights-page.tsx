import { Button, SegmentedControl } from '@mantine/core';
import '@mantine/core/styles/FloatingIndicator.layer.css';
import '@mantine/core/styles/SegmentedControl.layer.css';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';

import classes from '@/components/charts/charts.module.css';
import { Loaded } from '@/components/loaded';
import { Empty } from '@/components/ui/empty';
import { Page } from '@/components/ui/page';
import { stream } from '@/lib/stream';

import { PERIODS, periodOf, writePeriod, type Period } from './address';
import { FrequencyChart, QualityChart, SourcesChart } from './analytics-charts';
import { analyticsQuery, sharedQuery } from './api';
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
  const query = useQuery(sharedQuery(days));
  return (
    <Loaded query={query}>
      {({ queries }) => queries.length > 0 && <Questions title={t('shared.title')} lead={t('shared.lead')} questions={queries} isOwn={false} />}
    </Loaded>
  );
}

function Counted({ days }: { days: Period }) {
  const { t } = useTranslation('insights');
  const query = useQuery(analyticsQuery(days));
  return (
    <Loaded query={query} lines={8} height={36}>
      {(analytics) =>
        analytics.total_searches === 0 ? (
          <Empty title={t('empty.title')} action={<Button renderRoot={(props) => <Link to="/" {...props} />}>{t('empty.search')}</Button>}>
            {t('empty.text')}
          </Empty>
        ) : (
          <>
            <Numbers analytics={analytics} />
            <div className={classes.charts}>
              <FrequencyChart analytics={analytics} days={days} />
              <SourcesChart analytics={analytics} />
              <Questions title={t('questions.title')} lead={t('questions.lead')} questions={analytics.popular_queries} isOwn />
              <LatestCharts days={days} />
              <QualityChart analytics={analytics} />
              <Shared days={days} />
            </div>
          </>
        )
      }
    </Loaded>
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
