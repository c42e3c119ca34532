import { Button, Menu } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

import { say } from '@/components/ui/sayings';
import { useFormat } from '@/lib/format';

import { exportWorks } from './api';
import { FORMATS, type Format } from './pick';
import type { Progress } from './progress';
import type { Run } from './run';
import type { Selection } from './use-selection';

/** The formats by their own names. */
const NAMES: Record<Format, string> = { bibtex: 'BibTeX', ris: 'RIS', 'csl-json': 'CSL-JSON', csv: 'CSV', json: 'JSON' };

/** Takes the works away as a file: those that are marked, else all. */
export function ExportMenu({ run, progress, selection }: { run: Run; progress: Progress; selection: Selection }) {
  const { t } = useTranslation('search');
  const format = useFormat();
  const { selected } = selection;
  const { id } = run;
  const take = async (wanted: Format) => {
    if (id === undefined) return;
    try {
      const isWhole = await exportWorks(id, wanted, progress, selected);
      say(t(isWhole ? 'export.done' : 'export.changed'));
    } catch (error) {
      say(t('export.failed', { why: error instanceof Error ? error.message : '' }));
    }
  };
  const count = { count: selected.size, formatted: format.number(selected.size) };
  return (
    <Menu position="bottom-end" withinPortal={false}>
      <Menu.Target>
        <Button size="compact-sm" variant={selected.size > 0 ? 'filled' : 'default'} leftSection={<IconDownload size={14} aria-hidden />} disabled={progress.final === undefined || progress.works.size === 0}>
          {selected.size > 0 ? t('export.selected', count) : t('export.all')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown aria-label={t('export.label')}>
        {FORMATS.map((name) => (
          <Menu.Item key={name} onClick={() => void take(name)}>
            {NAMES[name]}
          </Menu.Item>
        ))}
        {selected.size > 0 && (
          <>
            <Menu.Divider />
            <Menu.Item onClick={selection.clear}>{t('export.clear')}</Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
