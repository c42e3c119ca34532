import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { Entrance } from '@/components/entrance';
import { FormProblem } from '@/components/form-problem';
import form from '@/components/ui/form.module.css';
import { api, take, type Schema } from '@/lib/api';

import { forgetLink } from './link';
import { useArrive } from './use-arrive';

type Props = { token: string; me: Schema<'Me'>; onNew: () => void };

/** Somebody who is signed in has an invitation: they join the workspace with the account that they have, and enter it. */
export function AcceptInvitation({ token, me, onNew }: Props) {
  const { t } = useTranslation('sign-in');
  const arrive = useArrive();
  const accepting = useMutation({
    mutationFn: async () => {
      const { id } = await take(api.POST('/api/v1/invitations/accept', { body: { token } }));
      forgetLink();
      await take(api.POST('/api/v1/workspaces/{id}/enter', { params: { path: { id } } }));
    },
    onSuccess: () => arrive('/'),
  });
  return (
    <Entrance title={t('accept.title')} lead={t('accept.lead', { name: me.username })}>
      <FormProblem error={accepting.error} words={{ gone: t('join.gone') }} />
      <div className={form.buttons}>
        <Button loading={accepting.isPending} onClick={() => accepting.mutate()}>
          {t('accept.send')}
        </Button>
        <Button variant="subtle" onClick={onNew}>
          {t('accept.new')}
        </Button>
      </div>
    </Entrance>
  );
}
