import { Button, TextInput } from '@mantine/core';
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { FormProblem } from '@/components/form-problem';
import { say } from '@/components/ui/sayings';
import { Section } from '@/components/ui/section';
import { Time } from '@/components/ui/time';
import { api, take } from '@/lib/api';
import { useFormat } from '@/lib/format';
import { ProblemError } from '@/lib/problem';

import { OwnerDialog } from './owner-dialog';
import rows from './rows.module.css';

export const deletionQuery = queryOptions({ queryKey: ['account', 'deletion'], queryFn: () => take(api.GET('/api/v1/user/delete')) });

/** The account is about to be deleted; taking that back. */
export function LeavingNotice({ due }: { due: string }) {
  const { t } = useTranslation('account');
  const format = useFormat();
  const queryClient = useQueryClient();
  const cancelling = useMutation({
    mutationFn: () => take(api.POST('/api/v1/user/delete/cancel')),
    onSuccess: async () => {
      say(t('deletion.cancelled'));
      // What was refused meanwhile is there again.
      await queryClient.resetQueries();
    },
  });
  return (
    <div className={rows.warning}>
      <p>
        <strong>{t('deletion.due', { date: format.date(due) })}</strong> (<Time at={due} />)
      </p>
      <p>{t('deletion.dueText')}</p>
      <FormProblem error={cancelling.error} />
      <Button size="compact-md" loading={cancelling.isPending} onClick={() => cancelling.mutate()}>
        {t('deletion.cancel')}
      </Button>
    </div>
  );
}

/** Asking for one's account to be deleted: with its name, to the letter, and the password. */
export function DeletionPart({ username }: { username: string }) {
  const { t } = useTranslation('account');
  const queryClient = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const [confirm, setConfirm] = useState('');
  const [wrong, setWrong] = useState(false);
  const ask = async (password: string | null) => {
    setWrong(false);
    try {
      queryClient.setQueryData(deletionQuery.queryKey, await take(api.POST('/api/v1/user/delete', { body: { confirm, password } })));
    } catch (error) {
      setWrong(error instanceof ProblemError && error.parameter === 'confirm');
      throw error;
    }
  };
  const button = (
    <Button size="compact-md" variant="default" color="red" onClick={() => setOpen(true)}>
      {t('deletion.ask')}
    </Button>
  );
  return (
    <Section level={3} title={t('deletion.title')} lead={t('deletion.lead')} actions={button}>
      {isOpen && (
        <OwnerDialog title={t('deletion.ask')} deed={t('deletion.deed')} isDangerous fields={['confirm']} onClose={() => setOpen(false)} onConfirm={ask}>
          <p className={rows.note}>{t('deletion.text')}</p>
          <TextInput
            label={t('deletion.confirm', { name: username })}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            required
            withAsterisk={false}
            data-autofocus
            value={confirm}
            error={wrong ? t('deletion.wrong') : undefined}
            onChange={(event) => setConfirm(event.currentTarget.value)}
          />
        </OwnerDialog>
      )}
    </Section>
  );
}
