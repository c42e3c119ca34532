import { Anchor, Progress, Text } from '@mantine/core';
import '@mantine/core/styles/Progress.layer.css';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { Empty } from '@/components/ui/empty';
import { Records, type Column } from '@/components/ui/records';
import { Section } from '@/components/ui/section';
import { Time } from '@/components/ui/time';
import { api, take, type Schema } from '@/lib/api';
import { useFormat } from '@/lib/format';

import { isAsked, SourceStateWord } from '../source-state';

type Source = Schema<'SourceState'>;

const EVERY = 10_000;

/** Whether a source is asked; why not, until when, and what an operator does about it. */
function State({ source }: { source: Source }) {
  const { t } = useTranslation('admin');
  const { reason, next_attempt: next } = source.health;
  const why = isAsked(source) ? reason : source.hint;
  return (
    <div>
      <SourceStateWord source={source} />
      {why != null && (
        <Text size="sm" c="dimmed">
          {why}
        </Text>
      )}
      {next != null && (
        <Text size="sm" c="dimmed">
          {t('sources.next')} <Time at={next} />
        </Text>
      )}
    </div>
  );
}

/** What asking cost today, of what it may. */
function Spend({ source }: { source: Source }) {
  const { t } = useTranslation('admin');
  const { number } = useFormat();
  const { spent_today_usd: spent, daily_budget_usd: budget } = source.health;
  if (budget == null) return <>{t('sources.free')}</>;
  const money = (value: number) => number(value, { style: 'currency', currency: 'USD' });
  return (
    <div>
      {t('sources.spent', { spent: money(spent), budget: money(budget) })}
      <Progress value={budget > 0 ? Math.min(100, (100 * spent) / budget) : 100} aria-label={t('sources.spend')} />
    </div>
  );
}

function useColumns(): Column<Source>[] {
  const { t } = useTranslation('admin');
  const { number, duration } = useFormat();
  const time = (value: number | null | undefined) => (value == null ? '–' : duration(value));
  return [
    {
      key: 'name',
      head: t('sources.name'),
      cell: (source) => (
        <>
          {source.terms_url === undefined ? source.label : <Anchor inherit href={source.terms_url} rel="noreferrer" target="_blank">{source.label}</Anchor>}
          <Text size="sm" c="dimmed">
            {source.description}
          </Text>
        </>
      ),
    },
    { key: 'state', head: t('sources.state'), cell: (source) => <State source={source} /> },
    { key: 'requests', head: t('sources.requests'), isNumber: true, cell: ({ health }) => number(health.requests) },
    { key: 'failures', head: t('sources.failures'), isNumber: true, cell: ({ health }) => number(health.failures) },
    { key: 'p50', head: t('sources.p50'), isNumber: true, cell: ({ health }) => time(health.latency_p50_ms) },
    { key: 'p95', head: t('sources.p95'), isNumber: true, cell: ({ health }) => time(health.latency_p95_ms) },
    {
      key: 'rate',
      head: t('sources.rate'),
      isNumber: true,
      cell: ({ health }) => (health.rate_limit == null ? '–' : t('sources.perSecond', { rate: number(health.rate_limit, { maximumFractionDigits: 2 }) })),
    },
    { key: 'waiting', head: t('sources.waiting'), isNumber: true, cell: ({ health }) => number(health.waiting) },
    { key: 'spend', head: t('sources.spend'), cell: (source) => <Spend source={source} /> },
  ];
}

/** Every source: whether it is asked and why not, how fast and how well it answers, and what it costs. */
export function SourcesPage() {
  const { t } = useTranslation('admin');
  const columns = useColumns();
  const query = useQuery({ queryKey: ['admin', 'sources'], queryFn: () => take(api.GET('/api/v1/sources')), refetchInterval: EVERY });
  const others = query.data?.sources.filter((source) => !isAsked(source)) ?? [];
  return (
    <>
      <Section title={t('sources.title')} lead={t('sources.lead')} actions={<Anchor renderRoot={(props) => <Link to="/welcome" {...props} />}>{t('sources.setUp')}</Anchor>}>
        <Loaded query={query} lines={8}>
          {({ sources }) =>
            sources.some(isAsked) ? (
              <Records caption={t('sources.title')} columns={columns} rows={sources.filter(isAsked)} rowKey={(source) => source.id} />
            ) : (
              <Empty title={t('sources.none')}>{t('sources.noneText')}</Empty>
            )
          }
        </Loaded>
      </Section>
      {others.length > 0 && (
        <Section title={t('sources.others')} level={3} lead={t('sources.othersLead')}>
          <Records caption={t('sources.others')} columns={columns.slice(0, 2)} rows={others} rowKey={(source) => source.id} />
        </Section>
      )}
    </>
  );
}
