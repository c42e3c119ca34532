import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { Failure } from '@/components/failure';
import { Loading } from '@/components/ui/loading';
import { api, take } from '@/lib/api';

import { Details } from '../details';
import { isUnderWay, JobProgress, JobStateWord } from '../job-state';
import classes from './maintenance.module.css';

const EVERY = 1_000;

/** Follows a job until it has come to its end; read aloud as it goes on. */
export function JobWatch({ id }: { id: string }) {
  const { t } = useTranslation('admin');
  const { data, error, refetch } = useQuery({
    queryKey: ['admin', 'jobs', 'watched', id],
    queryFn: () => take(api.GET('/api/v1/admin/jobs/{id}', { params: { path: { id } } })),
    refetchInterval: ({ state }) => (state.data === undefined || isUnderWay(state.data) ? EVERY : false),
  });
  if (error) return <Failure error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading lines={1} />;
  return (
    <div role="status" className={classes.watch} aria-label={t('maintenance.progress')}>
      <JobStateWord job={data} />
      <JobProgress job={data} />
      {data.error != null && data.status === 'failed' && <p className={classes.text}>{data.error}</p>}
      <Details of={data.result} />
    </div>
  );
}
