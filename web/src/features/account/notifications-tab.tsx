import '@mantine/core/styles/Switch.layer.css';

import { Switch } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { FormProblem } from '@/components/form-problem';
import { Loaded } from '@/components/loaded';
import { Section } from '@/components/ui/section';

import { preferencesQuery, usePreferencesFollowed, useSetPreferences } from './preferences';
import rows from './rows.module.css';

const NEWS = ['email_digest', 'search_alerts', 'weekly_summary'] as const;

/** What one wants to be told of. */
export function NotificationsTab() {
  const { t } = useTranslation('account');
  const preferences = useQuery(preferencesQuery);
  const setting = useSetPreferences();
  usePreferencesFollowed();
  return (
    <Section title={t('notifications.title')} lead={t('notifications.lead')}>
      <FormProblem error={setting.error} />
      <Loaded query={preferences}>
        {({ notification_settings: wanted }) => (
          <>
            <div className={rows.switches}>
              {NEWS.map((news) => (
                <Switch
                  key={news}
                  label={t(`notifications.${news}`)}
                  description={t(`notifications.${news}Hint`)}
                  checked={wanted[news]}
                  onChange={(event) => setting.mutate({ notification_settings: { ...wanted, [news]: event.currentTarget.checked } })}
                />
              ))}
            </div>
            <Section level={3} title={t('notifications.always')}>
              <p className={rows.note}>{t('notifications.alwaysText')}</p>
            </Section>
          </>
        )}
      </Loaded>
    </Section>
  );
}
