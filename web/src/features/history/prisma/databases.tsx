import { useTranslation } from 'react-i18next';

import type { Schema } from '@/lib/api';
import { useFormat } from '@/lib/format';
import { useSourceLabel } from '@/lib/sources';

import classes from './databases.module.css';
import { Outcome } from './outcome';

type Report = Schema<'SourceReport'>;

/** When each source was asked and how long it took, as a bar along the time of the whole search. */
function Timing({ report, first, whole }: { report: Report; first: number; whole: number }) {
  const format = useFormat();
  const start = (Date.parse(report.asked_at) - first) / whole;
  const length = report.took_ms / whole;
  const share = (value: number) => `${Math.max(0, Math.min(100, value * 100))}%`;
  return (
    <>
      <span>{format.duration(report.took_ms)}</span>
      <span className={classes.track} aria-hidden>
        <span className={classes.bar} data-state={report.state} style={{ insetInlineStart: share(start), inlineSize: share(Math.min(length, 1 - start)) }} />
      </span>
    </>
  );
}

/** The conditions that were applied, and by whom. */
function Conditions({ report }: { report: Report }) {
  const { t } = useTranslation('history');
  const by = (who: 'source' | 'local') => report.filters.filter(({ applied }) => applied === who).map(({ clause }) => clause);
  const [there, here] = [by('source'), by('local')];
  return (
    <div className={classes.conditions}>
      {report.query !== '' && <code className={classes.query}>{report.query}</code>}
      {there.length > 0 && <span>{t('databases.there', { clauses: there.join(' · ') })}</span>}
      {here.length > 0 && <span>{t('databases.here', { clauses: here.join(' · ') })}</span>}
      {report.warnings?.map((warning) => <span key={warning}>{t('databases.warning', { warning })}</span>)}
    </div>
  );
}

function Row({ report, first, whole }: { report: Report; first: number; whole: number }) {
  const { t } = useTranslation('history');
  const format = useFormat();
  const label = useSourceLabel();
  const number = (n: number | null | undefined) => (n == null ? '–' : format.number(n));
  return (
    <tr>
      <th scope="row">{label(report.source)}</th>
      <td data-label={t('databases.outcome')}>
        <Outcome report={report} />
      </td>
      <td data-label={t('databases.reported')} className={classes.number}>
        {number(report.reported)}
      </td>
      <td data-label={t('databases.retrieved')} className={classes.number}>
        {number(report.retrieved)}
      </td>
      <td data-label={t('databases.filtered')} className={classes.number}>
        {number(report.filtered)}
      </td>
      <td data-label={t('databases.unreadable')} className={classes.number}>
        {number(report.malformed)}
      </td>
      <td data-label={t('databases.took')} className={classes.timing}>
        <Timing report={report} first={first} whole={whole} />
      </td>
      <td data-label={t('databases.query')} className={classes.wide}>
        <Conditions report={report} />
      </td>
    </tr>
  );
}

/** How it went with each source, and in which words it was asked. */
export function Databases({ reports }: { reports: Report[] }) {
  const { t } = useTranslation('history');
  const first = Math.min(...reports.map((report) => Date.parse(report.asked_at)));
  const whole = Math.max(1, ...reports.map((report) => Date.parse(report.asked_at) + report.took_ms - first));
  return (
    <table className={classes.table}>
      <thead>
        <tr>
          {(['source', 'outcome', 'reported', 'retrieved', 'filtered', 'unreadable', 'took', 'query'] as const).map((column) => (
            <th key={column} scope="col">
              {t(`databases.${column}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {reports.map((report) => (
          <Row key={report.source} report={report} first={first} whole={whole} />
        ))}
      </tbody>
    </table>
  );
}
