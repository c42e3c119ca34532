import { Progress, Text } from '@mantine/core';
import '@mantine/core/styles/Progress.layer.css';
import { useTranslation } from 'react-i18next';

import { StateWord, type Tone } from '@/components/ui/state-word';
import type { Schema } from '@/lib/api';

type Job = Schema<'QueuedJob'>;

const TONES: Record<Schema<'JobStatus'>, Tone> = { waiting: 'quiet', running: 'busy', done: 'good', failed: 'bad', cancelled: 'warn' };

export const JOB_KINDS = ['clear_cache', 'cleanup_old_data', 'rebuild_indexes', 'backup_database', 'export_person'] as const;
type Kind = (typeof JOB_KINDS)[number];

export const isUnderWay = ({ status }: Job) => status === 'running' || status === 'waiting';

/** What kind of work it is, in words where they are known. */
export function useKindName(): (kind: string) => string {
  const { t } = useTranslation('admin');
  return (kind) => (JOB_KINDS.some((known) => known === kind) ? t(`jobs.kinds.${kind as Kind}`) : kind);
}

/** How far a job has come. */
export function JobStateWord({ job }: { job: Job }) {
  const { t } = useTranslation('admin');
  return <StateWord tone={TONES[job.status]}>{t(job.is_cancel_wanted && job.status === 'running' ? 'jobs.cancelling' : `jobs.status.${job.status}`)}</StateWord>;
}

/** How far a job is that is worked on: as a bar where it is known how much there is. */
export function JobProgress({ job }: { job: Job }) {
  const { t } = useTranslation('admin');
  if (job.status !== 'running') return null;
  const { done, total, step } = job.progress;
  const share = total != null && total > 0 ? Math.min(100, (100 * done) / total) : undefined;
  return (
    <>
      {share !== undefined && <Progress value={share} aria-label={t('jobs.progress')} />}
      <Text size="sm" c="dimmed">
        {total == null ? t('jobs.doneSoFar', { done }) : t('jobs.doneOf', { done, total })} {step}
      </Text>
    </>
  );
}
