import { Badge, Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Failure } from '@/components/failure';
import { CopyButton } from '@/components/ui/copy-button';
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
          <dl className={rows.facts}>
            <dt>{t('profile.username')}</dt>
            <dd>{me.data.username}</dd>
            <dt>{t('profile.role')}</dt>
            <dd>
              <Badge variant="light">{role ? t(`role.${role}`) : me.data.role}</Badge>
            </dd>
            <dt>{t('profile.permissions')}</dt>
            <dd>
              {areShown ? (
                <span>{me.data.permissions.join(', ')}</span>
              ) : (
                <Button size="compact-sm" variant="subtle" onClick={() => setShown(true)}>
                  {t('profile.showPermissions', { count: me.data.permissions.length })}
                </Button>
              )}
            </dd>
            <dt>{t('profile.id')}</dt>
            <dd>
              <code>{me.data.user_id}</code>
              <CopyButton text={me.data.user_id} />
            </dd>
          </dl>
        )}
        {me.data?.session_id === null && <p className={rows.note}>{t('open')}</p>}
      </Section>
      <WorkspacesPart />
    </>
  );
}
