import { ActionIcon } from '@mantine/core';
import { IconMenu2 } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { Menu, type LinkProps } from '@/components/ui/menu';
import { useMay } from '@/lib/me';

import { AccountMenu } from './account-menu';
import { AppearanceMenu } from './appearance-menu';
import { Brand } from './brand';
import classes from './shell.module.css';

const PAGES = [
  { key: 'search', to: '/' },
  { key: 'history', to: '/history' },
  { key: 'insights', to: '/insights' },
  { key: 'admin', to: '/admin' },
] as const;

/** Where one can go: as links where there is room, else as a menu. */
function Navigation() {
  const { t } = useTranslation('shell');
  // Managers look after people; all else of the administration shows itself by what somebody may.
  const mayGovern = useMay('user:read');
  const pages = PAGES.filter((page) => page.key !== 'admin' || mayGovern);
  const links = pages.map((page) => (
    <Link key={page.key} to={page.to} className={classes.link} activeOptions={{ exact: page.to === '/', includeSearch: false }} activeProps={{ 'aria-current': 'page' }}>
      {t(`nav.${page.key}`)}
    </Link>
  ));
  return (
    <>
      <nav aria-label={t('navigation')} className={classes.links}>
        {links}
      </nav>
      <div className={classes.small}>
        <Menu
          button={
            <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('nav.menu')}>
              <IconMenu2 size={20} aria-hidden />
            </ActionIcon>
          }
          position="bottom-start"
          withinPortal={false}
          entries={pages.map((page) => ({ label: t(`nav.${page.key}`), link: (props: LinkProps) => <Link to={page.to} {...props} /> }))}
        />
      </div>
    </>
  );
}

export function Header() {
  return (
    <header className={classes.header}>
      <Brand />
      <Navigation />
      <div className={classes.end}>
        <AppearanceMenu />
        <AccountMenu />
      </div>
    </header>
  );
}
