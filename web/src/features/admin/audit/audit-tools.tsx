import { Button, Group } from '@mantine/core';
import { IconDownload, IconShieldCheck } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { Failure } from '@/components/failure';
import { StateWord } from '@/components/ui/state-word';
import { api, take } from '@/lib/api';
import { saveFile } from '@/lib/save-file';

import type { Filters } from '../use-filters';
import { takeAudit } from './api';

/** Looks whether the log is whole, and takes it away. */
export function AuditTools({ filters }: { filters: Filters }) {
  const { t } = useTranslation('admin');
  const verification = useMutation({ mutationFn: () => take(api.GET('/api/v1/admin/audit/verify')) });
  const download = useMutation({ mutationFn: () => takeAudit(filters), onSuccess: saveFile });
  const verdict = verification.data;
  const error = verification.error ?? download.error;
  return (
    <Group gap="sm">
      {error && <Failure error={error} />}
      <Button size="sm" variant="default" leftSection={<IconShieldCheck size={16} aria-hidden />} loading={verification.isPending} onClick={() => verification.mutate()}>
        {t('audit.verify')}
      </Button>
      <Button size="sm" variant="default" leftSection={<IconDownload size={16} aria-hidden />} loading={download.isPending} onClick={() => download.mutate()}>
        {t('audit.download')}
      </Button>
      <span role="status">
        {verdict && (
          <StateWord tone={verdict.is_whole ? 'good' : 'bad'}>
            {verdict.is_whole ? t('audit.whole', { count: verdict.rows }) : t('audit.broken', { row: verdict.broken_at })}
          </StateWord>
        )}
      </span>
    </Group>
  );
}
