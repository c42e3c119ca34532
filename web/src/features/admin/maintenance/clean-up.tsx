import { Button, Group, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { api, take } from '@/lib/api';

import { ConfirmDialog } from '../confirm-dialog';
import classes from './maintenance.module.css';
import { TaskCard, useTask } from './task';

const MOST_DAYS = 36_500;

/** What is forgotten by itself, by the hour. */
function SoonForgotten() {
  const { t } = useTranslation('admin');
  const query = useQuery({ queryKey: ['admin', 'retention'], queryFn: () => take(api.GET('/api/v1/admin/retention/preview')) });
  return (
    <Loaded query={query} lines={1}>
      {({ searches, people }) => <p className={classes.text}>{t('maintenance.retention', { count: searches, people })}</p>}
    </Loaded>
  );
}

/** Old searches: counted first, then deleted when somebody means it. */
export function CleanUp() {
  const { t } = useTranslation('admin');
  const task = useTask();
  const [days, setDays] = useState('365');
  const [isAsked, setAsked] = useState(false);
  const isNumber = /^\d+$/.test(days) && Number(days) <= MOST_DAYS;
  const clean = (isDry: boolean) => take(api.POST('/api/v1/admin/maintenance', { body: { action: 'cleanup_old_data', days: Number(days), dry_run: isDry } }));
  return (
    <TaskCard action="cleanup_old_data" job={task.job} error={task.error}>
      <SoonForgotten />
      <Group gap="sm" align="end">
        <TextInput
          label={t('maintenance.days')}
          type="number"
          min={0}
          max={MOST_DAYS}
          error={!isNumber && t('maintenance.daysWrong')}
          value={days}
          onChange={(event) => setDays(event.currentTarget.value)}
        />
        <Button variant="default" disabled={!isNumber} loading={task.isPending} onClick={() => task.begin(() => clean(true))}>
          {t('maintenance.count')}
        </Button>
        <Button variant="default" c="var(--bad)" disabled={!isNumber} onClick={() => setAsked(true)}>
          {t('maintenance.delete')}
        </Button>
      </Group>
      {isAsked && (
        <ConfirmDialog
          title={t('maintenance.ask', { count: Number(days) })}
          label={t('maintenance.delete')}
          isDanger
          act={() => {
            task.begin(() => clean(false));
            return Promise.resolve();
          }}
          onClose={() => setAsked(false)}
        >
          {t('maintenance.askText')}
        </ConfirmDialog>
      )}
    </TaskCard>
  );
}
