import { Button } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useSources } from './api';
import classes from './panels.module.css';
import type { Work } from './progress';

const Versions = lazy(() => import('./versions').then((module) => ({ default: module.Versions })));

type Props = { work: Work; searchId: string | undefined; isFinal: boolean; onAskAgain: () => void };

/** Which source says what of a work, why its records are one work, and the way to compare them. */
export function Provenance({ work, searchId, isFinal, onAskAgain }: Props) {
  const { t } = useTranslation('search');
  const { label } = useSources();
  const [isComparing, setComparing] = useState(false);
  const fieldsOf = (source: string) => Object.entries(work.provenance).filter(([, from]) => from === source).map(([field]) => field);
  return (
    <>
      <div className={classes.scroll}>
        <table className={classes.table}>
          <caption>{t('provenance.caption')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('provenance.source')}</th>
              <th scope="col">{t('provenance.version')}</th>
              <th scope="col">{t('provenance.shown')}</th>
              <th scope="col">{t('provenance.joined')}</th>
            </tr>
          </thead>
          <tbody>
            {work.versions.flatMap((version) =>
              version.records.map((record) => (
                <tr key={`${record.source}:${record.source_id}`}>
                  <th scope="row">
                    {record.url == null ? (
                      label(record.source)
                    ) : (
                      <a href={record.url} target="_blank" rel="noreferrer">
                        {label(record.source)}
                      </a>
                    )}
                  </th>
                  <td>{t(`types.${version.type}`)}</td>
                  <td>{fieldsOf(record.source).map((field) => t(`record.${field}` as 'record.title', { defaultValue: field })).join(', ')}</td>
                  <td>{t(`joined.${record.joined_by === 'first' ? version.joined_by : record.joined_by}`)}</td>
                </tr>
              )),
            )}
          </tbody>
        </table>
      </div>
      <div className={classes.foot}>
        <Button size="compact-sm" variant="default" disabled={!isFinal || searchId === undefined} onClick={() => setComparing(true)}>
          {t('provenance.compare')}
        </Button>
      </div>
      <Suspense>{isComparing && searchId !== undefined && <Versions work={work} searchId={searchId} onClose={() => setComparing(false)} onAskAgain={onAskAgain} />}</Suspense>
    </>
  );
}
