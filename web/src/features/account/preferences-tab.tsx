import '@mantine/core/styles/Switch.layer.css';

import { Switch } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { FormProblem } from '@/components/form-problem';
import { Loaded } from '@/components/loaded';
import { Section } from '@/components/ui/section';

import { DefaultSources } from './default-sources';
import { preferencesQuery, usePreferencesFollowed, useSetPreferences } from './preferences';
import { RetentionForm } from './retention-form';
import rows from './rows.module.css';

/** What one prefers in the workspace that one is in. */
export function PreferencesTab() {
  const { t } = useTranslation('account');
  const preferences = useQuery(preferencesQuery);
  const setting = useSetPreferences();
  usePreferencesFollowed();
  return (
    <Section title={t('preferences.title')} lead={t('preferences.lead')}>
      <FormProblem error={setting.error} />
      <Loaded query={preferences}>
        {(data) => (
          <>
            <Section level={3} title={t('preferences.history')}>
              <div className={rows.switches}>
                <Switch
                  label={t('preferences.save')}
                  description={t('preferences.saveHint')}
                  checked={data.auto_save_searches}
                  onChange={(event) => setting.mutate({ auto_save_searches: event.currentTarget.checked })}
                />
                <RetentionForm
                  key={data.search_history_retention_days}
                  days={data.search_history_retention_days}
                  effective={data.effective_retention_days}
                  isBusy={setting.isPending}
                  onSet={(days) => setting.mutate({ search_history_retention_days: days })}
                />
              </div>
            </Section>
            <DefaultSources chosen={data.default_sources} onSet={(sources) => setting.mutate({ default_sources: sources })} />
          </>
        )}
      </Loaded>
    </Section>
  );
}
