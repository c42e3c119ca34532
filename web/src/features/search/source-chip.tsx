import { UnstyledButton } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconClock, IconDatabase, IconPlayerSkipForward } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { Popup } from '@/components/ui/popup';
import { Time } from '@/components/ui/time';
import { useFormat } from '@/lib/format';

import { useSources } from './api';
import type { SourceLine } from './progress';
import classes from './source-chips.module.css';
import { useSourceError } from './use-source-error';

const ICONS = { answered: IconCheck, cached: IconDatabase, stale: IconDatabase, failed: IconAlertTriangle, skipped: IconPlayerSkipForward, late: IconClock };

/** In a few words: "25 · 0.3 s", "cached 2 h", "failed". */
function useShort(source: SourceLine): ReactNode {
  const { t } = useTranslation('search');
  const format = useFormat();
  const { state, report, found } = source;
  const number = format.number(found);
  switch (state) {
    case 'waiting':
      return t('chips.waiting');
    case 'asking':
      return found > 0 ? number : t('chips.asking');
    case 'answered':
      return t('chips.answered', { found: number, took: format.duration(report?.took_ms ?? 0) });
    case 'cached':
    case 'stale':
      return (
        <>
          {number} · {report?.cached_at != null && <Time at={report.cached_at} />}
        </>
      );
    default:
      return t(`chips.${state}`);
  }
}

/** One source, live; what exactly it was asked and answered opens on demand. */
export function SourceChip({ source }: { source: SourceLine }) {
  const { t } = useTranslation('search');
  const format = useFormat();
  const { label } = useSources();
  const short = useShort(source);
  const { report, state } = source;
  const error = useSourceError(report?.error ?? undefined);
  const Icon = state === 'waiting' || state === 'asking' ? undefined : ICONS[state];
  return (
    <Popup
      button={
        <UnstyledButton className={classes.chip} data-state={state}>
          {Icon ? <Icon size={14} aria-hidden /> : <span className={classes.pulse} aria-hidden />}
          <span className={classes.name}>{label(source.id)}</span>
          <span className={classes.short}>{short}</span>
        </UnstyledButton>
      }
      width={340}
      className={classes.details}
    >
      <p className={classes.state}>{t(`chips.long.${state}`)}</p>
      {error && (
        <p className={classes.error}>
          {error.text} {error.again !== undefined && <Time at={error.again} />}
        </p>
      )}
      {report && (
        <dl className={classes.facts}>
          {report.cached_at != null && (
            <>
              <dt>{t('chips.fetched')}</dt>
              <dd>
                <Time at={report.cached_at} />
              </dd>
            </>
          )}
          <dt>{t('chips.retrieved')}</dt>
          <dd>
            {report.reported == null ? format.number(report.retrieved) : t('chips.ofReported', { retrieved: format.number(report.retrieved), reported: format.number(report.reported) })}
            {report.filtered > 0 && ` · ${t('chips.filtered', { count: report.filtered, formatted: format.number(report.filtered) })}`}
          </dd>
          {report.query !== '' && (
            <>
              <dt>{t('chips.query')}</dt>
              <dd>
                <code className={classes.query}>{report.query}</code>
              </dd>
            </>
          )}
          {report.filters.some((filter) => filter.applied === 'local') && (
            <>
              <dt>{t('chips.local')}</dt>
              <dd>{format.list(report.filters.filter((filter) => filter.applied === 'local').map((filter) => filter.clause))}</dd>
            </>
          )}
          {(report.warnings ?? []).map((warning) => (
            <dd key={warning}>{warning}</dd>
          ))}
        </dl>
      )}
    </Popup>
  );
}
