import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { Failure } from '@/components/failure';
import type { Schema } from '@/lib/api';

import { useKindName } from '../job-state';
import { JobWatch } from './job-watch';
import classes from './maintenance.module.css';

type Action = Schema<'MaintenanceAction'>;
type Begin = () => Promise<Schema<'MaintenanceBegun'>>;

/** Begins a job, and says which one it is. */
export function useTask() {
  const queryClient = useQueryClient();
  const [job, setJob] = useState<string>();
  const begun = useMutation({
    mutationFn: (begin: Begin) => begin(),
    onSuccess: ({ job_id: id }) => {
      setJob(id);
      return queryClient.invalidateQueries({ queryKey: ['admin', 'jobs'] });
    },
  });
  return { job, begin: begun.mutate, error: begun.error, isPending: begun.isPending };
}

/** What a task is, what it does, and how far it is once it is begun. */
export function TaskCard({ action, job, error, children }: { action: Action; job: string | undefined; error: unknown; children: ReactNode }) {
  const { t } = useTranslation('admin');
  const nameOf = useKindName();
  return (
    <li className={classes.task}>
      <h3 className={classes.name}>{nameOf(action)}</h3>
      <p className={classes.text}>{t(`maintenance.text.${action}`)}</p>
      {children}
      {error != null && <Failure error={error} />}
      {job !== undefined && <JobWatch id={job} />}
    </li>
  );
}

/** Something that is simply begun. */
export function Task({ action, begin }: { action: Action; begin: Begin }) {
  const { t } = useTranslation('admin');
  const nameOf = useKindName();
  const task = useTask();
  return (
    <TaskCard action={action} job={task.job} error={task.error}>
      <div>
        <Button variant="default" loading={task.isPending} aria-label={t('maintenance.beginIt', { name: nameOf(action) })} onClick={() => task.begin(begin)}>
          {t('maintenance.begin')}
        </Button>
      </div>
    </TaskCard>
  );
}
