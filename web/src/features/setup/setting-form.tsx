import { Button, PasswordInput, Textarea, TextInput } from '@mantine/core';
import { useState, type SyntheticEvent } from 'react';
import { useTranslation } from 'react-i18next';

import { fieldError, FormProblem, isOfField } from '@/components/form-problem';

import { type Adjustable, useAdjust } from './adjust';
import classes from './setup.module.css';

type Props = { setting: Adjustable; label: string; description?: string; placeholder?: string };

const INPUTS = { text: TextInput, secret: PasswordInput, lines: Textarea };

/** What stands in the field before anybody types: a key is never shown again. */
function written({ value }: Adjustable): string {
  if (Array.isArray(value)) return value.join('\n');
  return typeof value === 'string' ? value : '';
}

/** One setting, in a form of its own: saved at once, or taken away. */
export function SettingForm({ setting: { setting: name, ...setting }, label, description, placeholder }: Props) {
  const { t } = useTranslation('setup');
  const kind = setting.is_secret ? 'secret' : name.endsWith('.urls') ? 'lines' : 'text';
  const before = written({ setting: name, ...setting });
  const [typed, setTyped] = useState<string>();
  const adjust = useAdjust();
  const text = typed ?? before;
  if (setting.origin === 'configured') return <p className={classes.quiet}>{t('configured', { setting: name })}</p>;
  const save = (event: SyntheticEvent) => {
    event.preventDefault();
    const value = kind === 'lines' ? text.split(/\s+/).filter(Boolean) : text;
    adjust.mutate({ [name]: value }, { onSuccess: () => setTyped(undefined) });
  };
  const Input = INPUTS[kind];
  return (
    <form className={classes.setting} onSubmit={save}>
      <Input
        className={classes.input}
        label={label}
        description={description}
        placeholder={setting.is_secret && setting.is_set ? t('keySet') : placeholder}
        value={text}
        maxLength={kind === 'lines' ? undefined : 500}
        autoComplete="off"
        {...(kind === 'lines' && { rows: 3 })}
        error={fieldError(adjust.error, name)}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
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
