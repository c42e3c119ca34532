import { useTranslation } from 'react-i18next';

import { useFormat } from '@/lib/format';

import classes from './prisma.module.css';
import type { SearchRecord } from './record';

/** The numbers of the diagram, and what was asked when: all that the picture says. */
export function FlowTable({ record }: { record: SearchRecord }) {
  const { t } = useTranslation('history');
  const format = useFormat();
  const { flow } = record;
  const rows: [string, string][] = [
    [t('flow.query'), record.query],
    [t('flow.asked'), format.absolute(new Date(record.started_at))],
    ...(record.answered_at === undefined ? [] : [[t('flow.answered'), format.absolute(new Date(record.answered_at))] as [string, string]]),
    ...(record.version === undefined ? [] : [[t('flow.version'), `PAKE ${record.version}`] as [string, string]]),
    [t('flow.reported'), format.number(flow.reported)],
    [t('flow.identified'), format.number(flow.identified)],
    [t('flow.duplicates'), format.number(flow.removed_as_duplicates)],
    [t('flow.filters'), format.number(flow.removed_by_filters)],
    [t('flow.unreadable'), format.number(flow.unreadable)],
    [t('flow.toScreen'), format.number(flow.to_screen)],
  ];
  return (
    <table className={classes.flow}>
      <caption>{t('flow.caption')}</caption>
      <tbody>
        {rows.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
