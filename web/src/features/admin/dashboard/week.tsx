import { useQuery } from '@tanstack/react-query';
import { Anchor } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { Failure } from '@/components/failure';
import { Loading } from '@/components/ui/loading';
import { Section } from '@/components/ui/section';
import { Sparkline } from '@/components/ui/sparkline';
import { Tile, Tiles } from '@/components/ui/tiles';
import { api, take, type Schema } from '@/lib/api';
import { useFormat } from '@/lib/format';

type Day = Schema<'UsageDay'>;

const EVERY = 60_000;

/** How it was used in the last seven days. */
export function Week() {
  const { t } = useTranslation('admin');
  const { number, percent, duration } = useFormat();
  const { data, error, refetch } = useQuery({
    queryKey: ['admin', 'dashboard'],
    queryFn: () => take(api.GET('/api/v1/admin/dashboard')),
    refetchInterval: EVERY,
  });
  const share = (value: number | null | undefined) => (value == null ? t('dashboard.unknown') : percent(value));
  const perDay = (label: string, of: (day: Day) => number) => {
    const values = data?.usage.days.map(of) ?? [];
    const most = number(Math.max(...values));
    return values.length > 1 && <Sparkline values={values} label={t('dashboard.perDay', { label, most })} />;
  };
  const toAll = <Anchor renderRoot={(props) => <Link to="/admin/analytics" {...props} />}>{t('dashboard.toAnalytics')}</Anchor>;
  return (
    <Section title={t('dashboard.week')} actions={toAll}>
      {error && <Failure error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading lines={3} />}
      {data && (
        <Tiles>
          <Tile label={t('dashboard.activeUsers')} value={number(data.usage.active_users)} note={t('dashboard.ofUsers', { count: data.enabled_users })}>
            {perDay(t('dashboard.activeUsers'), (day) => day.active_users)}
          </Tile>
          <Tile label={t('dashboard.searches')} value={number(data.usage.searches)}>
            {perDay(t('dashboard.searches'), (day) => day.searches)}
          </Tile>
          <Tile label={t('dashboard.success')} value={share(data.usage.success_rate)} />
          <Tile label={t('dashboard.hits')} value={share(data.usage.cache_hit_rate)} />
          <Tile
            label={t('dashboard.latency')}
            value={data.usage.latency_ms == null ? t('dashboard.unknown') : duration(data.usage.latency_ms.p95)}
            note={data.usage.latency_ms == null ? undefined : t('dashboard.median', { time: duration(data.usage.latency_ms.p50) })}
          />
          <Tile label={t('dashboard.requests')} value={number(data.usage.requests.by_session + data.usage.requests.by_token)} note={t('dashboard.byToken', { count: data.usage.requests.by_token })} />
        </Tiles>
      )}
    </Section>
  );
}
