import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { Failure } from '@/components/failure';
import { say } from '@/components/ui/sayings';
import { api, take, type Schema } from '@/lib/api';

import { isUnderWay, useKindName } from '../job-state';

/** What can be done with a job: ended while it is under way, tried again when it was not done. */
export function JobActions({ job }: { job: Schema<'QueuedJob'> }) {
  const { t } = useTranslation('admin');
  const nameOf = useKindName();
  const queryClient = useQueryClient();
  const path = { params: { path: { id: job.id } } };
  const mayCancel = isUnderWay(job) && !job.is_cancel_wanted;
  const mayRetry = job.status === 'failed' || job.status === 'cancelled';
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => take(mayCancel ? api.POST('/api/v1/admin/jobs/{id}/cancel', path) : api.POST('/api/v1/admin/jobs/{id}/retry', path)),
    onSuccess: () => say(t(mayCancel ? 'jobs.cancelled' : 'jobs.retried', { kind: nameOf(job.kind) })),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['admin', 'jobs'] }),
  });
  if (!mayCancel && !mayRetry) return error ? <Failure error={error} /> : null;
  return (
    <>
      <Button size="compact-sm" variant="default" loading={isPending} onClick={() => mutate()}>
        {t(mayCancel ? 'jobs.cancel' : 'jobs.retry')}
      </Button>
      {error && <Failure error={error} />}
    </>
  );
}
