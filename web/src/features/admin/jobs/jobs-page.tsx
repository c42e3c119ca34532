import { useTranslation } from 'react-i18next';

import { Empty } from '@/components/ui/empty';
import type { Column } from '@/components/ui/records';
import { Section } from '@/components/ui/section';
import { Time } from '@/components/ui/time';
import { api, take, type Schema } from '@/lib/api';
import { useFormat } from '@/lib/format';

import { Details } from '../details';
import { ChoiceFilter, FilterBar } from '../filters';
import { isUnderWay, JOB_KINDS, JobProgress, JobStateWord, useKindName } from '../job-state';
import { PagedRecords } from '../paged-records';
import { Person } from '../person';
import { PersonFilter } from '../person-filter';
import { useFilters, type Filters } from '../use-filters';
import { JobActions } from './job-actions';

type Job = Schema<'QueuedJob'>;

const STATUSES = ['waiting', 'running', 'done', 'failed', 'cancelled'] as const satisfies Schema<'JobStatus'>[];
const SOON = 1_500;
const LATER = 15_000;

function ask({ status, kind, user }: Filters, before?: string) {
  const query = {
    ...(status !== undefined && { status: status as Schema<'JobStatus'> }),
    ...(kind !== undefined && { kind }),
    ...(user !== undefined && { user_id: user }),
    ...(before !== undefined && { before }),
  };
  return take(api.GET('/api/v1/admin/jobs', { params: { query } }));
}

/** How long it was worked on, or when it will be. */
function When({ job }: { job: Job }) {
  const { t } = useTranslation('admin');
  const { duration } = useFormat();
  if (job.status === 'waiting' && job.run_at != null && new Date(job.run_at) > new Date()) {
    return (
      <>
        {t('jobs.due')} <Time at={job.run_at} />
      </>
    );
  }
  if (job.started_at == null || job.finished_at == null) return null;
  return duration(new Date(job.finished_at).getTime() - new Date(job.started_at).getTime());
}

function useColumns(): Column<Job>[] {
  const { t } = useTranslation('admin');
  const nameOf = useKindName();
  return [
    {
      key: 'kind',
      head: t('jobs.kind'),
      cell: (job) => (
        <>
          {nameOf(job.kind)}
          <Details of={job.payload} />
        </>
      ),
    },
    {
      key: 'state',
      head: t('jobs.state'),
      cell: (job) => (
        <div>
          <JobStateWord job={job} />
          <JobProgress job={job} />
        </div>
      ),
    },
    { key: 'outcome', head: t('jobs.outcome'), cell: (job) => (job.error == null || job.status === 'done' ? <Details of={job.result} /> : job.error) },
    { key: 'who', head: t('jobs.who'), cell: (job) => <Person id={job.user_id} /> },
    { key: 'created', head: t('jobs.created'), cell: (job) => <Time at={job.created_at} /> },
    { key: 'took', head: t('jobs.took'), cell: (job) => <When job={job} /> },
    { key: 'attempts', head: t('jobs.attempts'), isNumber: true, cell: (job) => job.attempts },
    { key: 'actions', head: t('jobs.actions'), isActions: true, cell: (job) => <JobActions job={job} /> },
  ];
}

/** What is in the queue, what is worked on, and what became of it. */
export function JobsPage() {
  const { t } = useTranslation('admin');
  const [filters] = useFilters();
  const nameOf = useKindName();
  const columns = useColumns();
  return (
    <Section title={t('jobs.title')} lead={t('jobs.lead')}>
      <FilterBar names={['status', 'kind', 'user']}>
        <ChoiceFilter name="status" label={t('jobs.state')} choices={STATUSES.map((status) => ({ value: status, label: t(`jobs.status.${status}`) }))} />
        <ChoiceFilter name="kind" label={t('jobs.kind')} choices={JOB_KINDS.map((kind) => ({ value: kind, label: nameOf(kind) }))} />
        <PersonFilter name="user" label={t('jobs.who')} />
      </FilterBar>
      <PagedRecords
        caption={t('jobs.title')}
        queryKey={['jobs', filters]}
        page={(before) => ask(filters, before)}
        rows={(page) => page.jobs}
        rowKey={(job) => job.id}
        columns={columns}
        empty={<Empty title={t('jobs.none')}>{t('jobs.noneText')}</Empty>}
        refetchInterval={(jobs) => (jobs.some(isUnderWay) ? SOON : LATER)}
      />
    </Section>
  );
}
