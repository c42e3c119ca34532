import { Outlet } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { SideNav, type SideLink } from '@/components/side-nav';
import { Page } from '@/components/ui/page';

export function AccountLayout() {
  const { t } = useTranslation('account');
  const links: SideLink[] = [
    { to: '/account/profile', label: t('profile.title') },
    { to: '/account/security', label: t('security.title') },
    { to: '/account/sessions', label: t('sessions.title') },
    { to: '/account/tokens', label: t('tokens.title') },
    { to: '/account/preferences', label: t('preferences.title') },
    { to: '/account/notifications', label: t('notifications.title') },
    { to: '/account/appearance', label: t('appearance.title') },
    { to: '/account/privacy', label: t('privacy.title') },
  ];
  return (
    <Page title={t('title')}>
      <SideNav label={t('tabs')} links={links}>
        <Outlet />
      </SideNav>
    </Page>
  );
}
