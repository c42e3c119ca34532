import '@mantine/core/styles/Switch.layer.css';

import { Switch } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { FormProblem } from '@/components/form-problem';
import { Loaded } from '@/components/loaded';
import { Section } from '@/components/ui/section';
import { useMe } from '@/lib/me';

import { DeletionPart, deletionQuery, LeavingNotice } from './deletion-part';
import { ExportPart } from './export-part';
import { preferencesQuery, usePreferencesFollowed, useSetPreferences } from './preferences';
import rows from './rows.module.css';

const CHOICES = ['anonymous_analytics', 'share_popular_searches', 'retention_opt_out'] as const;

/** What others may know, and whether anything is kept at all. */
function Choices() {
  const { t } = useTranslation('account');
  const preferences = useQuery(preferencesQuery);
  const setting = useSetPreferences();
  usePreferencesFollowed();
  return (
    <Section level={3} title={t('privacy.choices')}>
      <FormProblem error={setting.error} />
      <Loaded query={preferences}>
        {({ privacy_settings: chosen }) => (
          <div className={rows.switches}>
            {CHOICES.map((choice) => (
              <Switch
                key={choice}
                label={t(`privacy.${choice}`)}
                description={t(`privacy.${choice}Hint`)}
                checked={chosen[choice]}
                onChange={(event) => setting.mutate({ privacy_settings: { ...chosen, [choice]: event.currentTarget.checked } })}
              />
            ))}
          </div>
        )}
      </Loaded>
    </Section>
  );
}

/** What is stored about one: choices, all of it to take away, the end of the account. */
export function PrivacyTab() {
  const { t } = useTranslation('account');
  const me = useMe();
  const hasAccount = me !== undefined && me.session_id !== null;
  const deletion = useQuery({ ...deletionQuery, enabled: hasAccount });
  const due = deletion.data?.deletion_due_at ?? undefined;
  return (
    <Section title={t('privacy.title')}>
      {due !== undefined && <LeavingNotice due={due} />}
      {due === undefined && <Choices />}
      {hasAccount ? (
        <>
          <ExportPart />
          <Loaded query={deletion}>{() => due === undefined && <DeletionPart username={me.username} />}</Loaded>
        </>
      ) : (
        <p className={rows.note}>{t('open')}</p>
      )}
    </Section>
  );
}
