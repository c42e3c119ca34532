import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { FormProblem } from '@/components/form-problem';
import { Loaded } from '@/components/loaded';
import { Confirm } from '@/components/ui/confirm';
import { say } from '@/components/ui/sayings';
import { Section } from '@/components/ui/section';
import { api, take } from '@/lib/api';
import { useMe } from '@/lib/me';

import rows from './rows.module.css';
import { SessionRow } from './session-row';

const KEY = ['account', 'sessions'];

/** Where one is signed in, and ending that. */
export function SessionsTab() {
  const { t } = useTranslation('account');
  const me = useMe();
  const queryClient = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const sessions = useQuery({ queryKey: KEY, queryFn: () => take(api.GET('/api/v1/auth/sessions')) });
  const changed = () => queryClient.invalidateQueries({ queryKey: KEY });
  const ending = useMutation({
    mutationFn: (id: string) => take(api.DELETE('/api/v1/auth/sessions/{id}', { params: { path: { id } } })),
    onSuccess: () => say(t('sessions.ended')),
    onSettled: changed,
  });
  const endingOthers = useMutation({
    mutationFn: () => take(api.DELETE('/api/v1/auth/sessions')),
    onSuccess: ({ ended }) => say(t('sessions.othersEnded', { count: ended })),
    onSettled: () => {
      setAsking(false);
      return changed();
    },
  });
  if (me?.session_id === null) return <Section title={t('sessions.title')} lead={t('open')} />;
  const others = sessions.data?.sessions.filter((session) => !session.is_current).length ?? 0;
  const button = others > 0 && (
    <Button variant="default" color="red" size="compact-md" onClick={() => setAsking(true)}>
      {t('sessions.endOthers')}
    </Button>
  );
  return (
    <Section title={t('sessions.title')} lead={t('sessions.lead')} actions={button}>
      <FormProblem error={ending.error ?? endingOthers.error} />
      <Loaded query={sessions}>
        {({ sessions }) => (
          <ul className={rows.rows}>
            {sessions.map((session) => (
              <SessionRow key={session.id} session={session} isEnding={ending.isPending && ending.variables === session.id} onEnd={() => ending.mutate(session.id)} />
            ))}
          </ul>
        )}
      </Loaded>
      <Confirm isOpen={isAsking} onClose={() => setAsking(false)} title={t('sessions.endOthers')} deed={t('sessions.endOthers')} isBusy={endingOthers.isPending} onConfirm={() => endingOthers.mutate()}>
        {t('sessions.endOthersText', { count: others })}
      </Confirm>
    </Section>
  );
}
