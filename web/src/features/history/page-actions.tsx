import { Button } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { lazy, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Late } from '@/components/ui/late';
import { say } from '@/components/ui/sayings';
import { useSayFailure } from '@/components/use-say-failure';
import { useMay } from '@/lib/me';

import { useClear } from './api';
import { DownloadMenu } from './download-menu';
import classes from './page-actions.module.css';

const Confirm = lazy(() => import('@/components/ui/confirm').then((module) => ({ default: module.Confirm })));

const FORMATS = ['json', 'ndjson', 'csv'] as const;

/** Asks whether all searches shall be deleted, and deletes them. */
function DeleteAll() {
  const { t } = useTranslation('history');
  const [isAsked, setAsked] = useState(false);
  const sayFailure = useSayFailure();
  const clear = useClear();
  const close = () => setAsked(false);
  const confirm = () =>
    clear.mutate(undefined, {
      onSuccess: () => {
        say(t('deleteAll.done'));
        close();
      },
      onError: sayFailure,
    });
  return (
    <>
      <Button variant="default" size="compact-sm" leftSection={<IconTrash size={16} aria-hidden />} onClick={() => setAsked(true)}>
        {t('deleteAll.open')}
      </Button>
      <Late isOpen={isAsked}>
        {(isOpen) => (
          <Confirm isOpen={isOpen} onClose={close} title={t('deleteAll.title')} deed={t('deleteAll.deed')} onConfirm={confirm} isBusy={clear.isPending}>
            <p>{t('deleteAll.text')}</p>
          </Confirm>
        )}
      </Late>
    </>
  );
}

/** What can be done with the whole history. */
export function PageActions() {
  const { t } = useTranslation('history');
  const mayWrite = useMay('search:write');
  return (
    <div className={classes.actions}>
      <DownloadMenu label={t('export.all')} files={FORMATS.map((format) => ({ label: t(`export.${format}`), path: `/api/v1/history/export?format=${format}` }))} />
      {mayWrite && <DeleteAll />}
    </div>
  );
}
