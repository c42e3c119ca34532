import { Button, Menu } from '@mantine/core';
import { IconLogout, IconSettings, IconUser } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { api, take } from '@/lib/api';
import { useMe } from '@/lib/me';
import { stream } from '@/lib/stream';

import classes from './shell.module.css';

/** The workspace that somebody is in. */
function useWorkspaceName(isWanted: boolean): string | undefined {
  const { data } = useQuery({
    queryKey: ['workspaces', 'mine'],
    queryFn: () => take(api.GET('/api/v1/workspaces')),
    enabled: isWanted,
  });
  return data?.workspaces.find((workspace) => workspace.is_current)?.name;
}

/** Who is signed in, in which workspace; the way to the account and out. */
export function AccountMenu() {
  const { t } = useTranslation('shell');
  const me = useMe();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const workspace = useWorkspaceName(me !== undefined);
  if (!me) return null;
  const signOut = async () => {
    await take(api.POST('/api/v1/auth/logout'));
    stream.close();
    queryClient.clear();
    await navigate({ to: '/sign-in' });
  };
  // Without accounts nobody has signed in, and nobody can sign out.
  const hasSession = me.session_id != null;
  return (
    <Menu position="bottom-end" withinPortal={false}>
      <Menu.Target>
        <Button variant="subtle" color="gray" className={classes.account} aria-label={t('account.menu', { name: me.username })}>
          <IconUser size={20} aria-hidden />
          <span className={classes.accountName}>{me.username}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown aria-label={t('account.menu', { name: me.username })}>
        {workspace !== undefined && <Menu.Label>{t('account.workspace', { name: workspace })}</Menu.Label>}
        <Menu.Item leftSection={<IconSettings size={16} aria-hidden />} renderRoot={(props) => <Link to="/account" {...props} />}>
          {t('account.settings')}
        </Menu.Item>
        {hasSession && (
          <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void signOut()}>
            {t('account.signOut')}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
