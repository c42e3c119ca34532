import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { ChartFigure } from '@/components/charts/chart-figure';
import { Columns } from '@/components/charts/columns';
import { Ranking } from '@/components/charts/ranking';
import { Loaded } from '@/components/loaded';
import type { Schema } from '@/lib/api';
import { useFormat } from '@/lib/format';
import { useSourceLabel } from '@/lib/sources';

import type { Period } from './address';
import { latestQuery } from './api';
import { sourceRows, waits, type Wait } from './performance';

type Entry = Schema<'HistoryEntry'>;

/** How often each source answered, and how quickly. */
function AnswersChart({ entries }: { entries: Entry[] }) {
  const { t } = useTranslation('insights');
  const format = useFormat();
  const label = useSourceLabel();
  const rows = sourceRows(entries);
  if (rows.length === 0) return null;
  return (
    <Ranking
      title={t('answers.title')}
      lead={t('answers.lead', { count: entries.length })}
      head={[t('sources.source'), t('answers.asked'), t('answers.answered'), t('answers.median'), t('answers.records')]}
      rows={rows.map((row) => ({
        name: label(row.source),
        share: row.answered,
        cells: [
          format.number(row.asked),
          format.percent(row.answered),
          row.median === undefined ? '–' : format.duration(row.median),
          format.number(row.records, { maximumFractionDigits: 1 }),
        ],
      }))}
    />
  );
}

function WaitsChart({ entries }: { entries: Entry[] }) {
  const { t } = useTranslation('insights');
  const format = useFormat();
  const seconds = new Intl.NumberFormat(format.language, { style: 'unit', unit: 'second', unitDisplay: 'narrow' });
  const name = ({ from, below }: Wait) => {
    if (below === undefined) return t('waits.over', { time: seconds.format(from / 1000) });
    return from === 0 ? t('waits.under', { time: seconds.format(below / 1000) }) : seconds.formatRange(from / 1000, below / 1000);
  };
  const columns = waits(entries).map((wait) => ({ name: name(wait), value: wait.count, shown: format.number(wait.count) }));
  return (
    <ChartFigure
      title={t('waits.title')}
      lead={t('waits.lead', { count: entries.length })}
      summary={t('waits.summary', { list: format.list(columns.map((column) => `${column.name}: ${column.shown}`)) })}
      chart={<Columns columns={columns} what={t('frequency.searches')} />}
      columns={[t('waits.time'), t('frequency.searches')]}
      rows={columns.map((column) => [column.name, column.shown])}
    />
  );
}

/** What only the single searches tell. */
export function LatestCharts({ days }: { days: Period }) {
  const [now] = useState(() => new Date());
  const latest = useQuery(latestQuery(days, now));
  return (
    <Loaded query={latest} lines={6}>
      {({ entries }) => (
        <>
          <AnswersChart entries={entries} />
          <WaitsChart entries={entries} />
        </>
      )}
    </Loaded>
  );
}
