import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Failure } from '@/components/failure';
import { Section } from '@/components/ui/section';
import { api, take } from '@/lib/api';
import { useMe } from '@/lib/me';

import { mayGive, roleNamed } from '../roles';
import { SecretLink } from '../secret-link';
import classes from './invite.module.css';

/** Invites somebody into the workspace: the link is mailed where there is a way for mail, and shown once. */
export function Invite() {
  const { t } = useTranslation('admin');
  const queryClient = useQueryClient();
  const roles = mayGive(useMe()?.role);
  const [email, setEmail] = useState('');
  const [role, setRole] = useState('user');
  const { mutate, data, error, isPending, reset } = useMutation({
    mutationFn: () => take(api.POST('/api/v1/invitations', { body: { role: roleNamed(role), ...(email.trim() !== '' && { email: email.trim() }) } })),
    onSuccess: () => {
      setEmail('');
      return queryClient.invalidateQueries({ queryKey: ['admin', 'invitations'] });
    },
  });
  return (
    <Section title={t('invitations.invite')} lead={t('invitations.inviteLead')}>
      {data && (
        <SecretLink
          title={t(data.is_mailed ? 'invitations.mailed' : 'invitations.made')}
          text={t(data.is_mailed ? 'invitations.mailedText' : 'invitations.madeText')}
          link={data.link}
          label={t('invitations.copy')}
          closeLabel={t('invitations.putAway')}
          onClose={reset}
        />
      )}
      {error && <Failure error={error} />}
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          mutate();
        }}
      >
        <TextInput type="email" label={t('invitations.email')} placeholder={t('invitations.optional')} value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
        <NativeSelect label={t('invitations.role')} value={role} data={roles.map((each) => ({ value: each, label: t(`role.${each}`) }))} onChange={(event) => setRole(event.currentTarget.value)} />
        <Button type="submit" loading={isPending}>
          {t('invitations.make')}
        </Button>
      </form>
    </Section>
  );
}
