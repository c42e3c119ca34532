import { Button, Group } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Confirm } from '@/components/ui/confirm';
import { say } from '@/components/ui/sayings';
import { useSayFailure } from '@/components/use-say-failure';
import { useMay } from '@/lib/me';

import { useClear } from './api';
import { DownloadMenu } from './download-menu';

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
      <Confirm isOpen={isAsked} onClose={close} title={t('deleteAll.title')} deed={t('deleteAll.deed')} onConfirm={confirm} isBusy={clear.isPending}>
        <p>{t('deleteAll.text')}</p>
      </Confirm>
    </>
  );
}

/** What can be done with the whole history. */
export function PageActions() {
  const { t } = useTranslation('history');
  const mayWrite = useMay('search:write');
  return (
    <Group gap="xs">
      <DownloadMenu label={t('export.all')} files={FORMATS.map((format) => ({ label: t(`export.${format}`), path: `/api/v1/history/export?format=${format}` }))} />
      {mayWrite && <DeleteAll />}
    </Group>
  );
}
