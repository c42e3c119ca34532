import { IconAlertTriangle, IconBolt, IconCheck, IconClock, IconPlayerSkipForward, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

import { Time } from '@/components/ui/time';
import type { Schema } from '@/lib/api';
import { useFormat } from '@/lib/format';

import classes from './databases.module.css';

type Report = Schema<'SourceReport'>;

const ICONS = {
  answered: IconCheck,
  cached: IconBolt,
  stale: IconAlertTriangle,
  failed: IconX,
  skipped: IconPlayerSkipForward,
  late: IconClock,
};

/** Why a source gave no answer, in words; its own where it said something. */
function Reason({ error }: { error: Schema<'SourceError'> }) {
  const { t } = useTranslation('history');
  const format = useFormat();
  const said = 'message' in error ? error.message : 'reason' in error ? error.reason : undefined;
  const after = 'after_ms' in error ? format.duration(error.after_ms) : 'limit_bytes' in error ? format.bytes(error.limit_bytes) : undefined;
  const again = 'retry_at' in error ? error.retry_at : 'resets_at' in error ? error.resets_at : undefined;
  return (
    <span className={classes.reason}>
      {t(`error.${error.code}`)}
      {after !== undefined && ` (${after})`}
      {said !== undefined && `: ${said}`}
      {again !== undefined && (
        <>
          {' '}
          {t('databases.again')} <Time at={again} />
        </>
      )}
    </span>
  );
}

/** How it ended with a source: a word, an icon, and why. */
export function Outcome({ report }: { report: Report }) {
  const { t } = useTranslation('history');
  const Icon = ICONS[report.state];
  return (
    <div className={classes.outcome} data-state={report.state}>
      <span className={classes.state}>
        <Icon size={14} aria-hidden />
        {t(`outcome.${report.state}`)}
      </span>
      {report.cached_at != null && (
        <span className={classes.reason}>
          {t('databases.fetched')} <Time at={report.cached_at} />
        </span>
      )}
      {report.error != null && <Reason error={report.error} />}
    </div>
  );
}
