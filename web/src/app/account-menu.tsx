import { Button, Menu } from '@mantine/core';
import { IconArrowsExchange, IconLogout, IconSettings, IconUser } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { api, take } from '@/lib/api';
import { useMe } from '@/lib/me';
import { forgetKept } from '@/lib/offline';
import { stream } from '@/lib/stream';
import { useEnterWorkspace, workspacesQuery } from '@/lib/workspaces';

import classes from './shell.module.css';

/** Who is signed in, in which workspace; the way to others, to the account and out. */
export function AccountMenu() {
  const { t } = useTranslation('shell');
  const me = useMe();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const { data } = useQuery({ ...workspacesQuery, enabled: me !== undefined });
  const entering = useEnterWorkspace();
  if (!me) return null;
  const signOut = async () => {
    await take(api.POST('/api/v1/auth/logout'));
    stream.close();
    await forgetKept();
    queryClient.clear();
    await navigate({ to: '/sign-in' });
  };
  const here = data?.workspaces.find((workspace) => workspace.is_current);
  const others = data?.workspaces.filter((workspace) => !workspace.is_current) ?? [];
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
        {here && <Menu.Label>{t('account.workspace', { name: here.name })}</Menu.Label>}
        {others.map((workspace) => (
          <Menu.Item key={workspace.id} leftSection={<IconArrowsExchange size={16} aria-hidden />} onClick={() => entering.mutate(workspace.id)}>
            {t('account.enter', { name: workspace.name })}
          </Menu.Item>
        ))}
        {others.length > 0 && <Menu.Divider />}
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
