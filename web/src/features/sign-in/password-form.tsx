import { Button, Checkbox, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useRef, useState, type SyntheticEvent } from 'react';
import { useTranslation } from 'react-i18next';

import { FormProblem } from '@/components/form-problem';
import form from '@/components/ui/form.module.css';
import { PasswordField } from '@/components/ui/password-field';
import { api, take, type Schema } from '@/lib/api';

type Props = {
  /** Whether it is the only way in: then its button is the one to press. */
  isFirst: boolean;
  remember: boolean;
  onRemember: (remember: boolean) => void;
  /** The name is about to be typed. */
  onName: () => void;
  onSend: () => void;
  onSignedIn: () => Promise<void>;
  onWanted: (wanted: Schema<'SecondFactorWanted'>) => void;
};

/** Signing in by name and password. */
export function PasswordForm({ isFirst, remember, onRemember, onName, onSend, onSignedIn, onWanted }: Props) {
  const { t } = useTranslation('sign-in');
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const passwordField = useRef<HTMLInputElement>(null);
  const signingIn = useMutation({
    mutationFn: () => take(api.POST('/api/v1/auth/login', { body: { username, password, remember_me: remember, session: 'cookie' } })),
    onSuccess: async (answer) => {
      if ('mfa_token' in answer) onWanted(answer);
      else await onSignedIn();
    },
    onError: () => passwordField.current?.select(),
  });
  const send = (event: SyntheticEvent) => {
    event.preventDefault();
    onSend();
    signingIn.mutate();
  };
  return (
    <form className={form.form} onSubmit={send}>
      <TextInput
        label={t('signIn.name')}
        name="username"
        autoComplete="username webauthn"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={254}
        required
        withAsterisk={false}
        value={username}
        onFocus={onName}
        onChange={(event) => setUsername(event.currentTarget.value)}
      />
      <PasswordField ref={passwordField} label={t('signIn.password')} name="password" required withAsterisk={false} value={password} onChange={setPassword} />
      <Checkbox label={t('signIn.remember')} checked={remember} onChange={(event) => onRemember(event.currentTarget.checked)} />
      <FormProblem error={signingIn.error} words={{ unauthenticated: t('signIn.wrong') }} />
      <Button type="submit" variant={isFirst ? 'filled' : 'default'} loading={signingIn.isPending}>
        {t('signIn.send')}
      </Button>
    </form>
  );
}
