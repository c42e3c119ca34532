import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Empty } from '@/components/ui/empty';
import { Records, type Column } from '@/components/ui/records';
import { say } from '@/components/ui/sayings';
import { Section } from '@/components/ui/section';
import { Time } from '@/components/ui/time';
import type { Schema } from '@/lib/api';

import { ConfirmDialog } from '../confirm-dialog';
import { deviceOf } from '../device';
import { endSession } from './api';

type Session = Schema<'AdminSession'>;

/** Where somebody is signed in. */
export function UserSessions({ sessions, count, mayEnd }: { sessions: Session[]; count: number; mayEnd: boolean }) {
  const { t } = useTranslation('admin');
  const queryClient = useQueryClient();
  const [ending, setEnding] = useState<Session>();
  const columns: Column<Session>[] = [
    { key: 'device', head: t('sessions.device'), cell: (session) => deviceOf(session.user_agent) ?? t('sessions.unknownDevice') },
    { key: 'address', head: t('sessions.address'), cell: (session) => session.ip_address },
    { key: 'since', head: t('sessions.since'), cell: (session) => <Time at={session.created_at} /> },
    { key: 'seen', head: t('sessions.seen'), cell: (session) => <Time at={session.last_seen_at} /> },
    ...(mayEnd
      ? [
          {
            key: 'end',
            head: t('sessions.actions'),
            isActions: true,
            cell: (session: Session) => (
              <Button size="compact-sm" variant="default" onClick={() => setEnding(session)}>
                {t('sessions.end')}
              </Button>
            ),
          },
        ]
      : []),
  ];
  return (
    <Section title={t('users.sessions')} level={3} lead={count > sessions.length ? t('users.sessionsOf', { shown: sessions.length, count }) : undefined}>
      {sessions.length === 0 ? (
        <Empty title={t('users.noSessions')} />
      ) : (
        <Records caption={t('users.sessions')} columns={columns} rows={sessions} rowKey={(session) => session.id} />
      )}
      {ending && (
        <ConfirmDialog
          title={t('sessions.ask', { name: ending.username })}
          label={t('sessions.end')}
          isDanger
          act={async () => {
            await endSession(ending.id);
            say(t('sessions.ended', { name: ending.username }));
            await queryClient.invalidateQueries({ queryKey: ['admin'] });
          }}
          onClose={() => setEnding(undefined)}
        >
          {t('sessions.askText')}
        </ConfirmDialog>
      )}
    </Section>
  );
}
