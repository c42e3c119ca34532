import { Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { FormProblem } from '@/components/form-problem';
import form from '@/components/ui/form.module.css';
import { api, take } from '@/lib/api';

import classes from './sign-in.module.css';

const DIGITS = /^\d{6}$/;

type Props = { method: 'totp' | 'recovery_code'; mfaToken: string; onSignedIn: () => Promise<void> };

/** The code of an authenticator app, sent by itself once it is whole; or a recovery code. */
export function CodeForm({ method, mfaToken, onSignedIn }: Props) {
  const { t } = useTranslation('sign-in');
  const [code, setCode] = useState('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const isTotp = method === 'totp';
  const finishing = useMutation({
    mutationFn: (shown: string) => take(api.POST('/api/v1/auth/mfa', { body: { mfa_token: mfaToken, code: shown, session: 'cookie' } })),
    onSuccess: onSignedIn,
    onError: () => field.current?.select(),
  });
  const change = (text: string) => {
    const typed = isTotp ? text.replaceAll(/\s/g, '') : text;
    setCode(typed);
    if (isTotp && DIGITS.test(typed) && !finishing.isPending) finishing.mutate(typed);
  };
  return (
    <form
      className={form.form}
      onSubmit={(event) => {
        event.preventDefault();
        finishing.mutate(code);
      }}
    >
      <TextInput
        ref={field}
        label={t(`second.${method}`)}
        description={t(`second.${method}Hint`)}
        classNames={{ input: classes.code ?? '' }}
        inputMode={isTotp ? 'numeric' : 'text'}
        autoComplete="one-time-code"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={isTotp ? 7 : 64}
        required
        withAsterisk={false}
        value={code}
        onChange={(event) => change(event.currentTarget.value)}
      />
      <FormProblem error={finishing.error} />
      <Button type="submit" loading={finishing.isPending}>
        {t('second.send')}
      </Button>
    </form>
  );
}
