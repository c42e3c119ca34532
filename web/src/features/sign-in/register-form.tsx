import { Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { fieldError, FormProblem, isOfField } from '@/components/form-problem';
import { NewPassword } from '@/components/new-password';
import form from '@/components/ui/form.module.css';
import { api, take } from '@/lib/api';

import { forgetLink } from './link';
import { useArrive } from './use-arrive';

const FIELDS = ['username', 'email', 'name', 'password'];

/** Making an account by a link. Who makes the first one goes on to set PAKE up. */
export function RegisterForm({ token }: { token: string }) {
  const { t } = useTranslation('sign-in');
  const [person, setPerson] = useState({ username: '', email: '', name: '', password: '' });
  const arrive = useArrive();
  const set = (field: keyof typeof person) => (value: string) => setPerson((before) => ({ ...before, [field]: value }));
  const registering = useMutation({
    mutationFn: () => {
      const { username, password, email, name } = person;
      return take(api.POST('/api/v1/auth/register', { body: { token, username, password, email: email || null, name: name || null, session: 'cookie' } }));
    },
    onSuccess: async (answer) => {
      forgetLink();
      await arrive(answer.permissions.includes('system:manage') ? '/welcome' : '/');
    },
  });
  const text = (field: 'username' | 'email' | 'name') => ({
    label: t(`join.${field}`),
    name: field,
    maxLength: 254,
    value: person[field],
    error: fieldError(registering.error, field),
    onChange: (event: { currentTarget: { value: string } }) => set(field)(event.currentTarget.value),
  });
  return (
    <form
      className={form.form}
      onSubmit={(event) => {
        event.preventDefault();
        registering.mutate();
      }}
    >
      <TextInput {...text('username')} description={t('join.usernameHint')} autoComplete="username" autoCapitalize="none" spellCheck={false} required withAsterisk={false} />
      <TextInput {...text('name')} autoComplete="name" />
      <TextInput {...text('email')} description={t('join.emailHint')} type="email" autoComplete="email" />
      <NewPassword
        label={t('join.password')}
        value={person.password}
        onChange={set('password')}
        error={fieldError(registering.error, 'password')}
        about={{ username: person.username, email: person.email }}
      />
      {!isOfField(registering.error, FIELDS) && <FormProblem error={registering.error} words={{ gone: t('join.gone') }} />}
      <Button type="submit" loading={registering.isPending}>
        {t('join.send')}
      </Button>
    </form>
  );
}
