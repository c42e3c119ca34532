import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import type { Schema } from '@/lib/api';
import { useFormat } from '@/lib/format';
import { useSourceLabel } from '@/lib/sources';

import type { Period } from './address';
import { latestQuery } from './api';
import { Columns, Ranking } from './bars';
import { ChartFigure } from './chart-figure';
import { sourceRows, waits, type Wait } from './performance';

type Entry = Schema<'HistoryEntry'>;

/** How often each source answered, with how quickly in the table. */
function AnswersChart({ entries }: { entries: Entry[] }) {
  const { t } = useTranslation('insights');
  const format = useFormat();
  const label = useSourceLabel();
  const rows = sourceRows(entries);
  if (rows.length === 0) return null;
  const bars = rows.map(({ source, answered }) => ({ name: label(source), value: answered, shown: format.percent(answered) }));
  return (
    <ChartFigure
      title={t('answers.title')}
      lead={t('answers.lead', { count: entries.length })}
      summary={t('answers.summary', { list: format.list(bars.map(({ name, shown }) => `${name} ${shown}`)) })}
      chart={<Ranking bars={bars} most={1} />}
      columns={[t('sources.source'), t('answers.asked'), t('answers.answered'), t('answers.median'), t('answers.records')]}
      rows={rows.map((row) => [
        label(row.source),
        format.number(row.asked),
        format.percent(row.answered),
        row.median === undefined ? '–' : format.duration(row.median),
        format.number(row.records, { maximumFractionDigits: 1 }),
      ])}
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
  const bars = waits(entries).map((wait) => ({ name: name(wait), value: wait.count, shown: format.number(wait.count) }));
  return (
    <ChartFigure
      title={t('waits.title')}
      lead={t('waits.lead', { count: entries.length })}
      summary={t('waits.summary', { list: format.list(bars.map((bar) => `${bar.name}: ${bar.shown}`)) })}
      chart={<Columns bars={bars} />}
      columns={[t('waits.time'), t('frequency.searches')]}
      rows={bars.map((bar) => [bar.name, bar.shown])}
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
