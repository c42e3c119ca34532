import { Anchor, Group } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { useMe } from '@/lib/me';

/** The other places of the administration that tell of somebody. */
export function UserElsewhere({ id }: { id: string }) {
  const { t } = useTranslation('admin');
  const permissions = useMe()?.permissions ?? [];
  return (
    <Group gap="md">
      {permissions.includes('audit:read') && (
        <Anchor renderRoot={(props) => <Link to="/admin/audit" search={{ actor: id }} {...props} />}>{t('users.toAudit')}</Anchor>
      )}
      {permissions.includes('admin:access') && (
        <>
          <Anchor renderRoot={(props) => <Link to="/admin/security-events" search={{ user: id }} {...props} />}>{t('users.toEvents')}</Anchor>
          <Anchor renderRoot={(props) => <Link to="/admin/jobs" search={{ user: id }} {...props} />}>{t('users.toJobs')}</Anchor>
        </>
      )}
    </Group>
  );
}
