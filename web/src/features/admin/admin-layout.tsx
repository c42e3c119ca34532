import { Outlet } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { SideNav } from '@/components/side-nav';
import { Page } from '@/components/ui/page';
import { useMe } from '@/lib/me';

import { SECTIONS } from './sections';

export function AdminLayout() {
  const { t } = useTranslation('admin');
  const permissions = useMe()?.permissions ?? [];
  const links = SECTIONS.filter((section) => permissions.includes(section.needs)).map((section) => ({
    to: section.to,
    label: t(`${section.key}.title`),
  }));
  return (
    <Page title={t('title')} width="full">
      <SideNav label={t('sections')} links={links}>
        <Outlet />
      </SideNav>
    </Page>
  );
}
