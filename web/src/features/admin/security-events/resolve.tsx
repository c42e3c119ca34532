import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { Failure } from '@/components/failure';
import { say } from '@/components/ui/sayings';
import { StateWord } from '@/components/ui/state-word';
import { Time } from '@/components/ui/time';
import { api, take, type Schema } from '@/lib/api';

import { Person } from '../person';

/** Whether an event is dealt with, by whom and when; else the button that says so. */
export function Resolve({ event }: { event: Schema<'SecurityEvent'> }) {
  const { t } = useTranslation('admin');
  const queryClient = useQueryClient();
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => take(api.POST('/api/v1/admin/security-events/{id}/resolve', { params: { path: { id: event.id } } })),
    onSuccess: () => say(t('securityEvents.isResolved')),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['admin', 'security-events'] }),
  });
  if (event.resolved) {
    return (
      <div>
        <StateWord tone="good">{t('securityEvents.resolved')}</StateWord>
        <div>
          <Person id={event.resolved_by} /> {event.resolved_at != null && <Time at={event.resolved_at} />}
        </div>
      </div>
    );
  }
  return (
    <div>
      <Button size="compact-sm" variant="default" loading={isPending} onClick={() => mutate()}>
        {t('securityEvents.resolve')}
      </Button>
      {error && <Failure error={error} />}
    </div>
  );
}
