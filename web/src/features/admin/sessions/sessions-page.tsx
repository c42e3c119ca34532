import { Anchor, Button, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Empty } from '@/components/ui/empty';
import type { Column } from '@/components/ui/records';
import { say } from '@/components/ui/sayings';
import { Section } from '@/components/ui/section';
import { Time } from '@/components/ui/time';
import { api, take, type Schema } from '@/lib/api';
import { useMe } from '@/lib/me';

import { ConfirmDialog } from '../confirm-dialog';
import { deviceOf } from '../device';
import { FilterBar } from '../filters';
import { PagedRecords } from '../paged-records';
import { PersonFilter } from '../person-filter';
import { useFilters } from '../use-filters';

type Session = Schema<'AdminSession'>;

const METHODS = ['password', 'passkey', 'oidc', 'proxy', 'register'] as const;
type Method = (typeof METHODS)[number];

function useColumns(end: (session: Session) => void): Column<Session>[] {
  const { t } = useTranslation('admin');
  const here = useMe()?.session_id;
  const by = (method: string) => (METHODS.some((known) => known === method) ? t(`sessions.methods.${method as Method}`) : method);
  return [
    {
      key: 'who',
      head: t('sessions.who'),
      cell: (session) => (
        <Anchor inherit fw={600} renderRoot={(props) => <Link to="/admin/users/$id" params={{ id: session.user_id }} {...props} />}>
          {session.username}
        </Anchor>
      ),
    },
    { key: 'device', head: t('sessions.device'), cell: (session) => deviceOf(session.user_agent) ?? t('sessions.unknownDevice') },
    { key: 'address', head: t('sessions.address'), cell: (session) => session.ip_address },
    { key: 'method', head: t('sessions.method'), cell: (session) => by(session.method) },
    { key: 'since', head: t('sessions.since'), cell: (session) => <Time at={session.created_at} /> },
    { key: 'seen', head: t('sessions.seen'), cell: (session) => <Time at={session.last_seen_at} /> },
    { key: 'ends', head: t('sessions.ends'), cell: (session) => <Time at={session.expires_at} /> },
    {
      key: 'actions',
      head: t('sessions.actions'),
      isActions: true,
      cell: (session) =>
        session.id === here ? (
          <Text size="sm" c="dimmed">
            {t('sessions.here')}
          </Text>
        ) : (
          <Button size="compact-sm" variant="default" onClick={() => end(session)}>
            {t('sessions.end')}
          </Button>
        ),
    },
  ];
}

/** Who is signed in, and where. */
export function SessionsPage() {
  const { t } = useTranslation('admin');
  const [{ user }] = useFilters();
  const queryClient = useQueryClient();
  const [ending, setEnding] = useState<Session>();
  const columns = useColumns(setEnding);
  const page = (before?: string) =>
    take(api.GET('/api/v1/admin/sessions', { params: { query: { ...(user !== undefined && { user_id: user }), ...(before !== undefined && { before }) } } }));
  return (
    <Section title={t('sessions.title')} lead={t('sessions.lead')}>
      <FilterBar names={['user']}>
        <PersonFilter name="user" label={t('sessions.who')} />
      </FilterBar>
      <PagedRecords
        caption={t('sessions.title')}
        queryKey={['sessions', user]}
        page={page}
        rows={(found) => found.sessions}
        rowKey={(session) => session.id}
        columns={columns}
        empty={<Empty title={t('sessions.none')}>{t('sessions.noneText')}</Empty>}
      />
      {ending && (
        <ConfirmDialog
          title={t('sessions.ask', { name: ending.username })}
          label={t('sessions.end')}
          isDanger
          act={async () => {
            await take(api.DELETE('/api/v1/admin/sessions/{id}', { params: { path: { id: ending.id } } }));
            say(t('sessions.ended', { name: ending.username }));
            await queryClient.invalidateQueries({ queryKey: ['admin', 'sessions'] });
          }}
          onClose={() => setEnding(undefined)}
        >
          {t('sessions.askText')}
        </ConfirmDialog>
      )}
    </Section>
  );
}
