import '@mantine/core/styles/Switch.layer.css';

import { Switch } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { FormProblem } from '@/components/form-problem';

import { type Adjustable, useAdjust } from './adjust';

type Props = { setting: Adjustable; label: string; on: boolean };

/** Whether a source is asked; not to be moved where the configuration says it. */
export function SourceSwitch({ setting, label, on }: Props) {
  const { t } = useTranslation('setup');
  const adjust = useAdjust();
  const isConfigured = setting.origin === 'configured';
  return (
    <>
      <Switch
        label={t('sources.ask')}
        aria-label={t('sources.askThis', { name: label })}
        title={isConfigured ? t('configured', { setting: setting.setting }) : undefined}
        checked={on}
        disabled={isConfigured || adjust.isPending}
        onChange={(event) => adjust.mutate({ [setting.setting]: event.currentTarget.checked })}
      />
      <FormProblem error={adjust.error} />
    </>
  );
}
