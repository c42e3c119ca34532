import { Button, Group } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconDownload, IconPrinter } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { Section } from '@/components/ui/section';
import { saveFile } from '@/lib/save-file';

import type { Entry } from '../api';
import { Databases } from './databases';
import { Diagram } from './diagram';
import { drawNarrow, drawWide } from './drawing';
import { FlowTable } from './flow-table';
import classes from './prisma.module.css';
import { recordOf, recordQuery } from './record';
import { svgFile, svgName } from './svg-file';
import { useDiagramWords } from './use-diagram-words';

/** The record that a systematic review needs: as a picture, in numbers, and the exact query of each source. */
export function PrismaSection({ entry }: { entry: Entry }) {
  const { t } = useTranslation('history');
  const kept = useQuery({ ...recordQuery(entry.id), enabled: entry.query_metadata.has_answer });
  const record = kept.data ?? recordOf(entry);
  const { words, title, description } = useDiagramWords(record);
  const isNarrow = useMediaQuery('screen and (width < 50em)');
  const download = () => saveFile({ blob: svgFile(drawWide(words), title, description), name: svgName(record.query, record.started_at) });
  const actions = (
    <Group gap="xs" className={classes.actions}>
      <Button variant="default" size="compact-sm" leftSection={<IconDownload size={16} aria-hidden />} onClick={download}>
        {t('prisma.download')}
      </Button>
      <Button variant="default" size="compact-sm" leftSection={<IconPrinter size={16} aria-hidden />} onClick={() => window.print()}>
        {t('prisma.print')}
      </Button>
    </Group>
  );
  return (
    <>
      <Section title={t('prisma.heading')} lead={t('prisma.lead')} actions={actions}>
        <figure className={classes.figure}>
          <Diagram drawing={isNarrow ? drawNarrow(words) : drawWide(words)} title={title} description={description} className={classes.picture} />
        </figure>
        <FlowTable record={record} />
      </Section>
      <Section title={t('databases.heading')} lead={t('databases.lead')}>
        <Databases reports={record.databases} />
      </Section>
    </>
  );
}
