import { useTranslation } from 'react-i18next';

import classes from './details.module.css';

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What is told as names and values, whatever it is; folded away where `summary` names it. */
export function Details({ of, summary }: { of: unknown; summary?: string }) {
  const { t } = useTranslation('admin');
  const pairs = Object.entries((of ?? {}) as Record<string, unknown>).filter(([, value]) => value !== null && JSON.stringify(value) !== '{}');
  if (pairs.length === 0) return null;
  const list = (
    <dl className={classes.list} aria-label={summary ?? t('details.label')}>
      {pairs.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{text(value)}</dd>
        </div>
      ))}
    </dl>
  );
  if (summary === undefined) return list;
  return (
    <details className={classes.fold}>
      <summary>{summary}</summary>
      {list}
    </details>
  );
}
