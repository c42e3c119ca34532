import { Button } from '@mantine/core';
import { IconArrowsExchange, IconLogout, IconSettings, IconUser } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { Menu, type LinkProps, type MenuEntry } from '@/components/ui/menu';
import { api, take } from '@/lib/api';
import { useMe } from '@/lib/me';
import { forgetKept } from '@/lib/offline';
import { useIsQuiet } from '@/lib/quiet';
import { stream } from '@/lib/stream';
import { useEnterWorkspace, workspacesQuery } from '@/lib/workspaces';

import classes from './shell.module.css';

/** Who is signed in, in which workspace; the way to others, to the account and out. */
export function AccountMenu() {
  const { t } = useTranslation('shell');
  const me = useMe();
  const isQuiet = useIsQuiet();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const { data } = useQuery({ ...workspacesQuery, enabled: me !== undefined && isQuiet });
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
  const entries: MenuEntry[] = [
    ...(here ? [{ heading: t('account.workspace', { name: here.name }) }] : []),
    ...others.map(({ id, name }) => ({ label: t('account.enter', { name }), icon: <IconArrowsExchange size={16} aria-hidden />, onSelect: () => entering.mutate(id) })),
    ...(others.length > 0 ? (['line'] as const) : []),
    { label: t('account.settings'), icon: <IconSettings size={16} aria-hidden />, link: (props: LinkProps) => <Link to="/account" {...props} /> },
    ...(hasSession ? [{ label: t('account.signOut'), icon: <IconLogout size={16} aria-hidden />, onSelect: () => void signOut() }] : []),
  ];
  const label = t('account.menu', { name: me.username });
  return (
    <Menu
      button={
        <Button variant="subtle" color="gray" className={classes.account} aria-label={label}>
          <IconUser size={20} aria-hidden />
          <span className={classes.accountName}>{me.username}</span>
        </Button>
      }
      withinPortal={false}
      entries={entries}
    />
  );
}
