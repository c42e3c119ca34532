import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

import { Menu, type MenuEntry } from '@/components/ui/menu';
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
      const isWhole = await exportWorks(id, wanted, progress.final ?? [], selected);
      say(t(isWhole ? 'export.done' : 'export.changed'));
    } catch (error) {
      say(t('export.failed', { why: error instanceof Error ? error.message : '' }));
    }
  };
  const count = { count: selected.size, formatted: format.number(selected.size) };
  const entries: MenuEntry[] = FORMATS.map((name) => ({ label: NAMES[name], onSelect: () => void take(name) }));
  if (selected.size > 0) entries.push('line', { label: t('export.clear'), onSelect: selection.clear });
  return (
    <Menu
      button={
        <Button size="compact-sm" variant={selected.size > 0 ? 'filled' : 'default'} leftSection={<IconDownload size={14} aria-hidden />} disabled={progress.final === undefined || progress.works.size === 0}>
          {selected.size > 0 ? t('export.selected', count) : t('export.all')}
        </Button>
      }
      withinPortal={false}
      entries={entries}
    />
  );
}
