import { useTranslation } from 'react-i18next';

import { useFormat } from '@/lib/format';
import { useSourceLabel } from '@/lib/sources';

import type { DiagramWords } from './drawing';
import type { SearchRecord } from './record';

/** Longest query that the picture repeats; the table has the whole. */
const QUERY_LONGEST = 300;

/** The words of the diagram, and what it says in one sentence. */
export function useDiagramWords(record: SearchRecord): { words: DiagramWords; title: string; description: string } {
  const { t } = useTranslation('history');
  const format = useFormat();
  const label = useSourceLabel();
  const { flow } = record;
  const counted = (text: string, n: number) => t('prisma.counted', { text, n: format.number(n) });
  const databases = record.databases.map(({ source, state, retrieved }) =>
    state === 'failed' || state === 'skipped' ? t('prisma.silent', { source: label(source) }) : counted(label(source), retrieved),
  );
  const unreadable = flow.unreadable > 0 ? [counted(t('prisma.unreadable'), flow.unreadable)] : [];
  const query = record.query.length > QUERY_LONGEST ? `${record.query.slice(0, QUERY_LONGEST)} …` : record.query;
  return {
    title: t('prisma.title'),
    description: t('prisma.description', {
      identified: format.number(flow.identified),
      sources: format.list(databases),
      duplicates: format.number(flow.removed_as_duplicates),
      filters: format.number(flow.removed_by_filters),
      works: format.number(flow.to_screen),
    }),
    words: {
      identification: t('prisma.identification'),
      screening: t('prisma.screening'),
      identified: { title: counted(t('prisma.identified'), flow.identified), lines: [...databases, ...unreadable] },
      removed: {
        title: counted(t('prisma.removed'), flow.removed_as_duplicates + flow.removed_by_filters),
        lines: [counted(t('prisma.duplicates'), flow.removed_as_duplicates), counted(t('prisma.filters'), flow.removed_by_filters)],
      },
      toScreen: { title: counted(t('prisma.toScreen'), flow.to_screen), lines: [] },
      caption: t('prisma.caption', { date: format.date(record.started_at), query, by: record.version === undefined ? 'PAKE' : `PAKE ${record.version}` }),
    },
  };
}
