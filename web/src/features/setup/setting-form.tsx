import { Button, Textarea, TextInput } from '@mantine/core';
import { useState, type SyntheticEvent } from 'react';
import { useTranslation } from 'react-i18next';

import { fieldError, FormProblem, isOfField } from '@/components/form-problem';
import { PasswordField } from '@/components/ui/password-field';

import { type Adjustable, useAdjust } from './adjust';
import classes from './setup.module.css';

type Props = { setting: Adjustable; label: string; description?: string; placeholder?: string };

/** What stands in the field before anybody types: a key is never shown again. */
function written({ value }: Adjustable): string {
  if (Array.isArray(value)) return value.join('\n');
  return typeof value === 'string' ? value : '';
}

/** One setting, in a form of its own: saved at once, or taken away. */
export function SettingForm({ setting, label, description, placeholder }: Props) {
  const { t } = useTranslation('setup');
  const name = setting.setting;
  const isList = name.endsWith('.urls');
  const before = written(setting);
  const [typed, setTyped] = useState<string>();
  const adjust = useAdjust();
  const text = typed ?? before;
  if (setting.origin === 'configured') return <p className={classes.quiet}>{t('configured', { setting: name })}</p>;
  const save = (event: SyntheticEvent) => {
    event.preventDefault();
    const value = isList ? text.split(/\s+/).filter(Boolean) : text;
    adjust.mutate({ [name]: value }, { onSuccess: () => setTyped(undefined) });
  };
  const field = { className: classes.input, label, description, value: text, autoComplete: 'off', error: fieldError(adjust.error, name) };
  return (
    <form className={classes.setting} onSubmit={save}>
      {setting.is_secret && <PasswordField {...field} placeholder={setting.is_set ? t('keySet') : undefined} maxLength={500} onChange={setTyped} />}
      {isList && <Textarea {...field} placeholder={placeholder} rows={3} onChange={(event) => setTyped(event.currentTarget.value)} />}
      {!setting.is_secret && !isList && <TextInput {...field} placeholder={placeholder} maxLength={500} onChange={(event) => setTyped(event.currentTarget.value)} />}
      <Button type="submit" variant="default" loading={adjust.isPending} disabled={text.trim() === '' || text === before} aria-label={t('saveThis', { name: label })}>
        {t('save')}
      </Button>
      {setting.is_set && (
        <Button variant="subtle" color="red" disabled={adjust.isPending} aria-label={t('removeThis', { name: label })} onClick={() => adjust.mutate({ [name]: null }, { onSuccess: () => setTyped(undefined) })}>
          {t('remove')}
        </Button>
      )}
      {!isOfField(adjust.error, [name]) && <FormProblem error={adjust.error} />}
    </form>
  );
}
