import { useQuery } from '@tanstack/react-query';
import { Anchor } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
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
  const query = useQuery({
    queryKey: ['admin', 'dashboard'],
    queryFn: () => take(api.GET('/api/v1/admin/dashboard')),
    refetchInterval: EVERY,
  });
  const share = (value: number | null | undefined) => (value == null ? t('dashboard.unknown') : percent(value));
  const perDay = (days: Day[], label: string, of: (day: Day) => number) => {
    const values = days.map(of);
    const most = number(Math.max(...values));
    return values.length > 1 && <Sparkline values={values} label={t('dashboard.perDay', { label, most })} />;
  };
  const toAll = <Anchor renderRoot={(props) => <Link to="/admin/analytics" {...props} />}>{t('dashboard.toAnalytics')}</Anchor>;
  return (
    <Section title={t('dashboard.week')} actions={toAll}>
      <Loaded query={query} lines={3}>
        {({ usage, enabled_users: enabled }) => (
          <Tiles>
            <Tile label={t('dashboard.activeUsers')} value={number(usage.active_users)} note={t('dashboard.ofUsers', { count: enabled })}>
              {perDay(usage.days, t('dashboard.activeUsers'), (day) => day.active_users)}
            </Tile>
            <Tile label={t('dashboard.searches')} value={number(usage.searches)}>
              {perDay(usage.days, t('dashboard.searches'), (day) => day.searches)}
            </Tile>
            <Tile label={t('dashboard.success')} value={share(usage.success_rate)} />
            <Tile label={t('dashboard.hits')} value={share(usage.cache_hit_rate)} />
            <Tile
              label={t('dashboard.latency')}
              value={usage.latency_ms == null ? t('dashboard.unknown') : duration(usage.latency_ms.p95)}
              note={usage.latency_ms == null ? undefined : t('dashboard.median', { time: duration(usage.latency_ms.p50) })}
            />
            <Tile label={t('dashboard.requests')} value={number(usage.requests.by_session + usage.requests.by_token)} note={t('dashboard.byToken', { count: usage.requests.by_token })} />
          </Tiles>
        )}
      </Loaded>
    </Section>
  );
}
