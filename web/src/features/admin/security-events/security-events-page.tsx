import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { Empty } from '@/components/ui/empty';
import type { Column } from '@/components/ui/records';
import { Section } from '@/components/ui/section';
import { Time } from '@/components/ui/time';
import { api, take, type Schema } from '@/lib/api';
import { useFormat } from '@/lib/format';

import { beginOf, endOf } from '../days';
import { Details } from '../details';
import { deviceOf } from '../device';
import { EVENT_TYPES, useEventName } from '../event-name';
import { ChoiceFilter, FilterBar, TextFilter } from '../filters';
import { PagedRecords } from '../paged-records';
import { Person } from '../person';
import { PersonFilter } from '../person-filter';
import { SEVERITIES, SeverityWord } from '../severity';
import { useFilters, type Filters } from '../use-filters';
import { useLiveEvents } from '../use-live-events';
import { Resolve } from './resolve';

type Event = Schema<'SecurityEvent'>;

function ask({ type, severity, resolved, user, from, until }: Filters, before?: string) {
  const [begin, end] = [beginOf(from), endOf(until)];
  const query = {
    ...(type !== undefined && { event_type: type }),
    ...(severity !== undefined && { severity: severity as Schema<'Severity'> }),
    ...(resolved !== undefined && { resolved: resolved === 'true' }),
    ...(user !== undefined && { user_id: user }),
    ...(begin !== undefined && { from: begin }),
    ...(end !== undefined && { until: end }),
    ...(before !== undefined && { before }),
  };
  return take(api.GET('/api/v1/admin/security-events', { params: { query } }));
}

function useColumns(): Column<Event>[] {
  const { t } = useTranslation('admin');
  const { number } = useFormat();
  const nameOf = useEventName();
  return [
    {
      key: 'what',
      head: t('securityEvents.what'),
      cell: (event) => (
        <>
          {nameOf(event.event_type)}
          <Details of={event.details} summary={t('securityEvents.details')} />
        </>
      ),
    },
    { key: 'severity', head: t('securityEvents.severityHead'), cell: (event) => <SeverityWord severity={event.severity} /> },
    { key: 'who', head: t('securityEvents.who'), cell: (event) => <Person id={event.user_id} /> },
    {
      key: 'from',
      head: t('securityEvents.whence'),
      cell: (event) => (
        <div>
          {event.ip_address}
          <Text size="sm" c="dimmed">
            {deviceOf(event.user_agent)}
          </Text>
        </div>
      ),
    },
    { key: 'times', head: t('securityEvents.times'), isNumber: true, cell: (event) => number(event.occurrences) },
    { key: 'last', head: t('securityEvents.lastAt'), cell: (event) => <Time at={event.last_at} /> },
    { key: 'resolve', head: t('securityEvents.state'), cell: (event) => <Resolve event={event} /> },
  ];
}

/** What may matter for safety, as it happens, until somebody says that it is dealt with. */
export function SecurityEventsPage() {
  const { t } = useTranslation('admin');
  const [filters] = useFilters();
  const nameOf = useEventName();
  const columns = useColumns();
  useLiveEvents();
  return (
    <Section title={t('securityEvents.title')} lead={t('securityEvents.lead')}>
      <FilterBar names={['type', 'severity', 'resolved', 'user', 'from', 'until']}>
        <ChoiceFilter
          name="resolved"
          label={t('securityEvents.state')}
          choices={[
            { value: 'false', label: t('securityEvents.open') },
            { value: 'true', label: t('securityEvents.resolved') },
          ]}
        />
        <ChoiceFilter name="severity" label={t('securityEvents.severityHead')} choices={SEVERITIES.map((each) => ({ value: each, label: t(`securityEvents.severity.${each}`) }))} />
        <ChoiceFilter name="type" label={t('securityEvents.what')} choices={EVENT_TYPES.map((type) => ({ value: type, label: nameOf(type) }))} />
        <PersonFilter name="user" label={t('securityEvents.who')} />
        <TextFilter name="from" type="date" label={t('filter.from')} />
        <TextFilter name="until" type="date" label={t('filter.until')} />
      </FilterBar>
      <PagedRecords
        caption={t('securityEvents.title')}
        queryKey={['security-events', filters]}
        page={(before) => ask(filters, before)}
        rows={(page) => page.events}
        rowKey={(event) => event.id}
        columns={columns}
        empty={<Empty title={t('securityEvents.none')}>{t('securityEvents.noneText')}</Empty>}
      />
    </Section>
  );
}
