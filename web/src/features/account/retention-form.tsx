import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import form from '@/components/ui/form.module.css';

type Props = { days: number; effective: number; isBusy: boolean; onSet: (days: number) => void };

/** How long searches stay in the history. */
export function RetentionForm({ days, effective, isBusy, onSet }: Props) {
  const { t } = useTranslation('account');
  const [typed, setTyped] = useState(String(days));
  const hint = effective === days ? t('preferences.retentionHint') : t('preferences.retentionLess', { count: effective });
  return (
    <form
      className={form.form}
      onSubmit={(event) => {
        event.preventDefault();
        onSet(Number(typed));
      }}
    >
      <TextInput
        label={t('preferences.retention')}
        description={hint}
        type="number"
        inputMode="numeric"
        min={0}
        max={36_500}
        step={1}
        required
        withAsterisk={false}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      {typed !== String(days) && (
        <div className={form.buttons}>
          <Button type="submit" size="compact-md" loading={isBusy}>
            {t('save')}
          </Button>
        </div>
      )}
    </form>
  );
}
