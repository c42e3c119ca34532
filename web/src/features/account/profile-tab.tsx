import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Failure } from '@/components/failure';
import { CopyButton } from '@/components/ui/copy-button';
import { Facts } from '@/components/ui/facts';
import { Loading } from '@/components/ui/loading';
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
        {me.isPending && <Loading />}
        {me.isError && <Failure error={me.error} onRetry={() => void me.refetch()} />}
        {me.data && (
          <Facts
            facts={[
              [t('profile.username'), me.data.username],
              [t('profile.role'), role ? t(`role.${role}`) : me.data.role],
              [
                t('profile.permissions'),
                areShown ? (
                  me.data.permissions.join(', ')
                ) : (
                  <Button size="compact-sm" variant="default" onClick={() => setShown(true)}>
                    {t('profile.showPermissions', { count: me.data.permissions.length })}
                  </Button>
                ),
              ],
              [
                t('profile.id'),
                <span key="id" className={rows.deeds}>
                  <code>{me.data.user_id}</code>
                  <CopyButton text={me.data.user_id} />
                </span>,
              ],
            ]}
          />
        )}
        {me.data?.session_id === null && <p className={rows.note}>{t('open')}</p>}
      </Section>
      <WorkspacesPart />
    </>
  );
}
