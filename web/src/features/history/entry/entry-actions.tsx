import { Button, Group } from '@mantine/core';
import { IconGitCompare, IconSearch, IconTrash } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useMay } from '@/lib/me';

import { searchAddress } from '../address';
import type { Entry } from '../api';
import { DeleteEntry } from '../delete-entry';
import { DownloadMenu } from '../download-menu';
import { useRunAndCompare } from '../use-run-and-compare';
import classes from './entry.module.css';

const FORMATS = ['bibtex', 'ris', 'csl-json', 'csv', 'json'] as const;

/** What can be done with a search, on its page. */
export function EntryActions({ entry }: { entry: Entry }) {
  const { t } = useTranslation('history');
  const navigate = useNavigate();
  const mayWrite = useMay('search:write');
  const { run, isRunning } = useRunAndCompare(entry);
  const [isAsked, setAsked] = useState(false);
  const files = FORMATS.map((format) => ({ label: t(`export.${format}`), path: `/api/v1/searches/${entry.id}/export?format=${format}` }));
  return (
    <Group gap="xs" className={classes.actions}>
      <Button size="compact-sm" leftSection={<IconSearch size={16} aria-hidden />} renderRoot={(props) => <Link to="/" search={searchAddress(entry)} {...props} />}>
        {t('menu.search')}
      </Button>
      <Button variant="default" size="compact-sm" loading={isRunning} leftSection={<IconGitCompare size={16} aria-hidden />} onClick={run}>
        {t('menu.compare')}
      </Button>
      {entry.query_metadata.has_answer && <DownloadMenu label={t('export.works')} files={files} />}
      {mayWrite && (
        <Button variant="default" size="compact-sm" leftSection={<IconTrash size={16} aria-hidden />} onClick={() => setAsked(true)}>
          {t('menu.delete')}
        </Button>
      )}
      <DeleteEntry entry={entry} isOpen={isAsked} onClose={() => setAsked(false)} onDeleted={() => void navigate({ to: '/history' })} />
    </Group>
  );
}
