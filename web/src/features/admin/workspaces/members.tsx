import { Button, NativeSelect } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Failure } from '@/components/failure';
import type { Column } from '@/components/ui/records';
import { say } from '@/components/ui/sayings';
import { Empty } from '@/components/ui/empty';
import { StateWord } from '@/components/ui/state-word';
import { Time } from '@/components/ui/time';
import { api, take, type Schema } from '@/lib/api';
import { useMay, useMe } from '@/lib/me';

import { ConfirmDialog } from '../confirm-dialog';
import { PagedRecords } from '../paged-records';
import { Person } from '../person';
import { mayGive, roleNamed, ROLES } from '../roles';

type Member = Schema<'MemberView'>;

/** What a member is, changed where it is shown; the server says when that may not be. */
function MemberRole({ workspace, member }: { workspace: string; member: Member }) {
  const { t } = useTranslation('admin');
  const queryClient = useQueryClient();
  const me = useMe();
  const mayChange = useMay('user:update');
  const roles = mayGive(me?.role);
  const role = member.role;
  const isMore = ROLES.indexOf(role) > ROLES.indexOf(me?.role ?? 'viewer');
  const name = member.username ?? member.name;
  const { mutate, error, isPending } = useMutation({
    mutationFn: (next: string) =>
      take(api.PUT('/api/v1/workspaces/{id}/members/{user}', { params: { path: { id: workspace, user: member.user_id } }, body: { role: roleNamed(next) } })),
    onSuccess: () => say(t('workspace.roleChanged', { name })),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['admin'] }),
  });
  if (!mayChange || isMore || role === 'super_admin' || member.user_id === me?.user_id) return t(`role.${role}`);
  return (
    <div>
      <NativeSelect
        size="xs"
        aria-label={t('workspace.roleOf', { name })}
        value={role}
        disabled={isPending}
        data={roles.map((each) => ({ value: each, label: t(`role.${each}`) }))}
        onChange={(event) => mutate(event.currentTarget.value)}
      />
      {error && <Failure error={error} />}
    </div>
  );
}

/** Who is in a workspace, and what they are there. */
export function Members({ workspace }: { workspace: string }) {
  const { t } = useTranslation('admin');
  const queryClient = useQueryClient();
  const mayRemove = useMay('user:update');
  const own = useMe()?.user_id;
  const [leaving, setLeaving] = useState<Member>();
  const actions: Column<Member> = {
    key: 'actions',
    head: t('workspace.actions'),
    isActions: true,
    cell: (member) =>
      member.user_id !== own && (
        <Button size="compact-sm" variant="default" onClick={() => setLeaving(member)}>
          {t('workspace.remove')}
        </Button>
      ),
  };
  const columns: Column<Member>[] = [
    { key: 'who', head: t('workspace.member'), cell: (member) => <Person id={member.user_id} name={member.username ?? member.name} /> },
    { key: 'email', head: t('workspace.email'), cell: (member) => member.email },
    { key: 'role', head: t('workspace.role'), cell: (member) => <MemberRole workspace={workspace} member={member} /> },
    { key: 'state', head: t('workspace.state'), cell: (member) => <StateWord tone={member.is_active ? 'good' : 'bad'}>{t(member.is_active ? 'users.active' : 'users.inactive')}</StateWord> },
    { key: 'since', head: t('workspace.since'), cell: (member) => <Time at={member.joined_at} /> },
    ...(mayRemove ? [actions] : []),
  ];
  const page = (after?: string) =>
    take(api.GET('/api/v1/workspaces/{id}/members', { params: { path: { id: workspace }, query: { ...(after !== undefined && { after }) } } }));
  return (
    <>
      <PagedRecords
        caption={t('workspace.members')}
        queryKey={['members', workspace]}
        page={page}
        rows={(found) => found.members}
        rowKey={(member) => member.user_id}
        columns={columns}
        empty={<Empty title={t('workspace.noMembers')} />}
      />
      {leaving && (
        <ConfirmDialog
          title={t('workspace.removeAsk', { name: leaving.username ?? leaving.name })}
          label={t('workspace.remove')}
          isDanger
          act={async () => {
            await take(api.DELETE('/api/v1/workspaces/{id}/members/{user}', { params: { path: { id: workspace, user: leaving.user_id } } }));
            say(t('workspace.removed', { name: leaving.username ?? leaving.name }));
            await queryClient.invalidateQueries({ queryKey: ['admin'] });
          }}
          onClose={() => setLeaving(undefined)}
        >
          {t('workspace.removeText')}
        </ConfirmDialog>
      )}
    </>
  );
}
