import { useTranslation } from 'react-i18next';

import { Empty } from '@/components/ui/empty';
import type { Column } from '@/components/ui/records';
import { Section } from '@/components/ui/section';
import { StateWord } from '@/components/ui/state-word';
import { Time } from '@/components/ui/time';
import type { Schema } from '@/lib/api';

import { Details } from '../details';
import { ChoiceFilter, FilterBar, TextFilter } from '../filters';
import { PagedRecords } from '../paged-records';
import { Person, useName } from '../person';
import { PersonFilter } from '../person-filter';
import { useFilters } from '../use-filters';
import { ACTIONS } from './actions';
import { askForAudit } from './api';
import { AuditTools } from './audit-tools';

type Deed = Schema<'DeedView'>;

/** What is done to people; all else is done to something. */
const TO_PEOPLE = /^(account\.(?!export)|member\.|factor\.|auth\.sessions_ended)/;

/** What it was done to: a person where it is one, else what the log says. */
function Target({ deed: { action, target } }: { deed: Deed }) {
  const name = useName(TO_PEOPLE.test(action) ? target : undefined);
  if (target == null) return null;
  if (name !== undefined) return <Person id={target} name={name} />;
  return <span title={target}>{target.replace(/^[\da-f]{8}-[\da-f-]{19}(?=[\da-f]{8}$)/, '…')}</span>;
}

function useColumns(): Column<Deed>[] {
  const { t } = useTranslation('admin');
  return [
    {
      key: 'action',
      head: t('audit.action'),
      cell: (deed) => (
        <>
          <code>{deed.action}</code>
          <Details of={{ ...(deed.details as object), request: deed.request_id, number: deed.seq }} summary={t('audit.more')} />
        </>
      ),
    },
    { key: 'actor', head: t('audit.actor'), cell: (deed) => <Person id={deed.actor} /> },
    { key: 'target', head: t('audit.target'), cell: (deed) => <Target deed={deed} /> },
    {
      key: 'outcome',
      head: t('audit.outcome'),
      cell: (deed) => <StateWord tone={deed.outcome === 'success' ? 'good' : 'bad'}>{t(deed.outcome === 'success' ? 'audit.success' : 'audit.refused')}</StateWord>,
    },
    { key: 'from', head: t('audit.whence'), cell: (deed) => deed.ip_address },
    { key: 'at', head: t('audit.at'), cell: (deed) => <Time at={deed.at} /> },
  ];
}

/** Who did what: every row is signed together with the one before it. */
export function AuditPage() {
  const { t } = useTranslation('admin');
  const [filters] = useFilters();
  const columns = useColumns();
  return (
    <Section title={t('audit.title')} lead={t('audit.lead')} actions={<AuditTools filters={filters} />}>
      <FilterBar names={['actor', 'action', 'from', 'until']}>
        <PersonFilter name="actor" label={t('audit.actor')} />
        <ChoiceFilter name="action" label={t('audit.action')} choices={ACTIONS.map((action) => ({ value: action, label: action }))} />
        <TextFilter name="from" type="date" label={t('filter.from')} />
        <TextFilter name="until" type="date" label={t('filter.until')} />
      </FilterBar>
      <PagedRecords
        caption={t('audit.title')}
        queryKey={['audit', filters]}
        page={(before) => askForAudit(filters, before)}
        rows={(page) => page.entries}
        rowKey={(deed) => deed.seq}
        columns={columns}
        empty={<Empty title={t('audit.none')}>{t('audit.noneText')}</Empty>}
      />
    </Section>
  );
}
