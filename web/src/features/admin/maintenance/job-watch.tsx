import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { api, take } from '@/lib/api';

import { Details } from '../details';
import { isUnderWay, JobProgress, JobStateWord } from '../job-state';
import classes from './maintenance.module.css';

const EVERY = 1_000;

/** Follows a job until it has come to its end; read aloud as it goes on. */
export function JobWatch({ id }: { id: string }) {
  const { t } = useTranslation('admin');
  const query = useQuery({
    queryKey: ['admin', 'jobs', 'watched', id],
    queryFn: () => take(api.GET('/api/v1/admin/jobs/{id}', { params: { path: { id } } })),
    refetchInterval: ({ state }) => (state.data === undefined || isUnderWay(state.data) ? EVERY : false),
  });
  return (
    <Loaded query={query} lines={1}>
      {(job) => (
        <div role="status" className={classes.watch} aria-label={t('maintenance.progress')}>
          <JobStateWord job={job} />
          <JobProgress job={job} />
          {job.error != null && job.status === 'failed' && <p className={classes.text}>{job.error}</p>}
          <Details of={job.result} />
        </div>
      )}
    </Loaded>
  );
}
