import { Button, NativeSelect, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Failure } from '@/components/failure';
import { say } from '@/components/ui/sayings';
import { Section } from '@/components/ui/section';
import { api, take, type Schema } from '@/lib/api';

import classes from './maintenance.module.css';

const LEVELS = ['info', 'warning', 'critical'] as const satisfies Schema<'Level'>[];

/** Says something to everybody who has PAKE open. */
export function Announce() {
  const { t } = useTranslation('admin');
  const [message, setMessage] = useState('');
  const [level, setLevel] = useState<Schema<'Level'>>('info');
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => take(api.POST('/api/v1/announcements', { body: { message: message.trim(), level } })),
    onSuccess: ({ sockets }) => {
      setMessage('');
      say(t('maintenance.announced', { count: sockets }));
    },
  });
  return (
    <Section title={t('maintenance.announce')} lead={t('maintenance.announceLead')}>
      <form
        className={classes.announce}
        onSubmit={(event) => {
          event.preventDefault();
          mutate();
        }}
      >
        <Textarea label={t('maintenance.message')} required maxLength={2000} rows={3} value={message} onChange={(event) => setMessage(event.currentTarget.value)} />
        <NativeSelect
          label={t('maintenance.level')}
          value={level}
          data={LEVELS.map((each) => ({ value: each, label: t(`maintenance.levels.${each}`) }))}
          onChange={(event) => setLevel(event.currentTarget.value as Schema<'Level'>)}
        />
        {error && <Failure error={error} />}
        <Button type="submit" loading={isPending} disabled={message.trim() === ''}>
          {t('maintenance.say')}
        </Button>
      </form>
    </Section>
  );
}
