import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { Empty } from '@/components/ui/empty';
import { Records, type Column } from '@/components/ui/records';
import { say } from '@/components/ui/sayings';
import { Section } from '@/components/ui/section';
import { Time } from '@/components/ui/time';
import { api, take, type Schema } from '@/lib/api';
import { useMay } from '@/lib/me';

import { ConfirmDialog } from '../confirm-dialog';
import { Invite } from './invite';
import { roleNamed } from '../roles';

type Invitation = Schema<'InvitationView'>;

function useColumns(mayRevoke: boolean, revoke: (invitation: Invitation) => void): Column<Invitation>[] {
  const { t } = useTranslation('admin');
  const actions: Column<Invitation> = {
    key: 'actions',
    head: t('invitations.actions'),
    isActions: true,
    cell: (invitation) => (
      <Button size="compact-sm" variant="default" onClick={() => revoke(invitation)}>
        {t('invitations.revoke')}
      </Button>
    ),
  };
  return [
    { key: 'whom', head: t('invitations.whom'), cell: (invitation) => invitation.email ?? t('invitations.anybody') },
    { key: 'role', head: t('invitations.role'), cell: (invitation) => invitation.role != null && t(`role.${roleNamed(invitation.role)}`) },
    { key: 'created', head: t('invitations.created'), cell: (invitation) => <Time at={invitation.created_at} /> },
    { key: 'expires', head: t('invitations.expires'), cell: (invitation) => <Time at={invitation.expires_at} /> },
    ...(mayRevoke ? [actions] : []),
  ];
}

/** Whom this workspace waits for, and the way to invite somebody. */
export function InvitationsPage() {
  const { t } = useTranslation('admin');
  const mayInvite = useMay('user:create');
  const queryClient = useQueryClient();
  const [revoking, setRevoking] = useState<Invitation>();
  const columns = useColumns(mayInvite, setRevoking);
  const query = useQuery({ queryKey: ['admin', 'invitations'], queryFn: () => take(api.GET('/api/v1/invitations')) });
  return (
    <>
      {mayInvite && <Invite />}
      <Section title={t('invitations.title')} lead={t('invitations.lead')}>
        <Loaded query={query}>
          {({ invitations }) =>
            invitations.length === 0 ? (
              <Empty title={t('invitations.none')}>{t(mayInvite ? 'invitations.noneText' : 'invitations.noneAsk')}</Empty>
            ) : (
              <Records caption={t('invitations.title')} columns={columns} rows={invitations} rowKey={(each) => each.id} />
            )
          }
        </Loaded>
      </Section>
      {revoking && (
        <ConfirmDialog
          title={t('invitations.ask')}
          label={t('invitations.revoke')}
          isDanger
          act={async () => {
            await take(api.DELETE('/api/v1/invitations/{id}', { params: { path: { id: revoking.id } } }));
            say(t('invitations.revoked'));
            await queryClient.invalidateQueries({ queryKey: ['admin', 'invitations'] });
          }}
          onClose={() => setRevoking(undefined)}
        >
          {t('invitations.askText', { whom: revoking.email ?? t('invitations.anybody') })}
        </ConfirmDialog>
      )}
    </>
  );
}
