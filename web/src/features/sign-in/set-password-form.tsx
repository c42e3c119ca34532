import { Anchor, Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Entrance } from '@/components/entrance';
import { fieldError, FormProblem, isOfField } from '@/components/form-problem';
import { NewPassword } from '@/components/new-password';
import form from '@/components/ui/form.module.css';
import { api, take } from '@/lib/api';

import { forgetLink } from './link';

const FIELD = 'new_password';

/** Setting a password anew by a link; afterwards one signs in with it. */
export function SetPasswordForm({ token }: { token: string }) {
  const { t } = useTranslation('sign-in');
  const [password, setPassword] = useState('');
  const queryClient = useQueryClient();
  const setting = useMutation({
    mutationFn: () => take(api.POST('/api/v1/auth/password/reset', { body: { token, new_password: password } })),
    onSuccess: () => {
      forgetLink();
      // Every session has ended, this browser's too.
      queryClient.clear();
    },
  });
  if (setting.isSuccess) {
    return (
      <Entrance title={t('set.doneTitle')} lead={t('set.done')}>
        <Button renderRoot={(props) => <Link to="/sign-in" {...props} />}>{t('set.signIn')}</Button>
      </Entrance>
    );
  }
  const foot = (
    <Anchor size="sm" renderRoot={(props) => <Link to="/reset" {...props} />}>
      {t('set.another')}
    </Anchor>
  );
  return (
    <Entrance title={t('set.title')} lead={t('set.lead')} foot={foot}>
      <form
        className={form.form}
        onSubmit={(event) => {
          event.preventDefault();
          setting.mutate();
        }}
      >
        <NewPassword label={t('set.password')} value={password} onChange={setPassword} error={fieldError(setting.error, FIELD)} />
        {!isOfField(setting.error, [FIELD]) && <FormProblem error={setting.error} words={{ gone: t('set.gone') }} />}
        <Button type="submit" loading={setting.isPending}>
          {t('set.send')}
        </Button>
      </form>
    </Entrance>
  );
}
