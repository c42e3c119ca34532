import { Anchor, Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Entrance } from '@/components/entrance';
import { FormProblem } from '@/components/form-problem';
import form from '@/components/ui/form.module.css';
import { api, take } from '@/lib/api';

/** Whoever forgot their password has a link mailed to them. Whether there is anybody of that name is not said. */
export function ResetPage() {
  const { t } = useTranslation('sign-in');
  const [username, setUsername] = useState('');
  const asking = useMutation({ mutationFn: () => take(api.POST('/api/v1/auth/password/forgot', { body: { username } })) });
  const foot = (
    <Anchor size="sm" renderRoot={(props) => <Link to="/sign-in" {...props} />}>
      {t('reset.back')}
    </Anchor>
  );
  if (asking.isSuccess) return <Entrance title={t('reset.sentTitle')} lead={t('reset.sent')} foot={foot} />;
  return (
    <Entrance title={t('reset.title')} lead={t('reset.lead')} foot={foot}>
      <form
        className={form.form}
        onSubmit={(event) => {
          event.preventDefault();
          asking.mutate();
        }}
      >
        <TextInput
          label={t('signIn.name')}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={254}
          required
          withAsterisk={false}
          value={username}
          onChange={(event) => setUsername(event.currentTarget.value)}
        />
        <FormProblem error={asking.error} />
        <Button type="submit" loading={asking.isPending}>
          {t('reset.send')}
        </Button>
      </form>
    </Entrance>
  );
}
