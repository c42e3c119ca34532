import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { CopyButton } from '@/components/ui/copy-button';
import { Facts } from '@/components/ui/facts';
import { Section } from '@/components/ui/section';
import { meQuery } from '@/lib/me';

import rows from './rows.module.css';
import { WorkspacesPart } from './workspaces-part';

/** The names of roles, in the language of the page. */
const ROLES = ['viewer', 'user', 'manager', 'admin', 'super_admin'] as const;

/** Who one is here, and in which workspaces. */
export function ProfileTab() {
  const { t } = useTranslation('account');
  const me = useQuery(meQuery);
  const [areShown, setShown] = useState(false);
  const role = ROLES.find((name) => name === String(me.data?.role));
  return (
    <>
      <Section title={t('profile.title')}>
        <Loaded query={me}>
          {(me) => (
            <Facts
              facts={[
                [t('profile.username'), me.username],
                [t('profile.role'), role ? t(`role.${role}`) : me.role],
                [
                  t('profile.permissions'),
                  areShown ? (
                    me.permissions.join(', ')
                  ) : (
                    <Button size="compact-sm" variant="default" onClick={() => setShown(true)}>
                      {t('profile.showPermissions', { count: me.permissions.length })}
                    </Button>
                  ),
                ],
                [
                  t('profile.id'),
                  <span key="id" className={rows.deeds}>
                    <code>{me.user_id}</code>
                    <CopyButton text={me.user_id} />
                  </span>,
                ],
              ]}
            />
          )}
        </Loaded>
        {me.data?.session_id === null && <p className={rows.note}>{t('open')}</p>}
      </Section>
      <WorkspacesPart />
    </>
  );
}
