import { IconAlertTriangle, IconBan, IconBolt, IconClock, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

import { Time } from '@/components/ui/time';
import { useFormat } from '@/lib/format';
import { useSourceLabel } from '@/lib/sources';

import type { Entry } from './api';
import classes from './entry-facts.module.css';

const STATES = {
  partial: { icon: IconAlertTriangle, tone: classes.warn },
  failed: { icon: IconX, tone: classes.bad },
  cancelled: { icon: IconBan, tone: classes.warn },
  running: { icon: IconClock, tone: classes.warn },
};

/** How a search ended, where that is worth a word. */
function State({ entry }: { entry: Entry }) {
  const { t } = useTranslation('history');
  const status = entry.query_metadata.status;
  if (status === 'completed') return null;
  const { icon: Icon, tone } = STATES[status];
  const failed = entry.query_metadata.reports.filter((report) => report.state === 'failed' || report.state === 'skipped').length;
  return (
    <li className={tone}>
      <Icon size={14} aria-hidden />
      {status === 'partial' && failed > 0 ? t('facts.sourcesFailed', { count: failed }) : t(`status.${status}`)}
    </li>
  );
}

/** When, how many, of whom, how long: one line. */
export function EntryFacts({ entry }: { entry: Entry }) {
  const { t } = useTranslation('history');
  const format = useFormat();
  const label = useSourceLabel();
  const times = entry.times_asked ?? 0;
  return (
    <ul className={classes.facts}>
      <li>
        <Time at={entry.created_at} />
      </li>
      {times > 1 && <li className={classes.strong}>{t('facts.asked', { count: times })}</li>}
      <li>{t('facts.works', { count: entry.results_count })}</li>
      <State entry={entry} />
      {entry.cache_hit ? (
        <li>
          <IconBolt size={14} aria-hidden />
          {t('facts.kept')}
        </li>
      ) : (
        <li>{format.duration(entry.execution_time_ms)}</li>
      )}
      {entry.quality_score != null && <li>{t('facts.quality', { share: format.percent(entry.quality_score) })}</li>}
      <li className={classes.sources}>{format.list(entry.sources.map(label))}</li>
    </ul>
  );
}
