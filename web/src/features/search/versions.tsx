import { Button, Checkbox, Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Failure } from '@/components/failure';
import { Loaded } from '@/components/loaded';
import { say } from '@/components/ui/sayings';
import type { Schema } from '@/lib/api';
import { useMay } from '@/lib/me';

import { split, useRecords, useSources } from './api';
import classes from './panels.module.css';
import type { Work } from './progress';

type Record = Schema<'Record'>;
type Props = { work: Work; searchId: string; onClose: () => void; onAskAgain: () => void };

const keyOf = (record: { source?: string; source_id?: string }) => `${record.source ?? ''}:${record.source_id ?? ''}`;
const dateOf = (record: Record) => (record.date ? [record.date.year, record.date.month, record.date.day].filter((part) => part != null).join('-') : undefined);

/** What is compared of records, and how it is said. */
const ROWS: { field: 'title' | 'authors' | 'date' | 'venue' | 'volume' | 'pages' | 'doi' | 'arxiv_id' | 'pmid' | 'language' | 'licence' | 'citations'; text: (record: Record) => string | undefined }[] = [
  { field: 'title', text: (record) => record.title },
  { field: 'authors', text: (record) => record.authors?.map((author) => author.name).join(', ') },
  { field: 'date', text: dateOf },
  { field: 'venue', text: (record) => record.venue ?? undefined },
  { field: 'volume', text: (record) => [record.volume, record.issue && `(${record.issue})`].filter(Boolean).join(' ') },
  { field: 'pages', text: (record) => record.pages ?? undefined },
  { field: 'doi', text: (record) => record.doi ?? undefined },
  { field: 'arxiv_id', text: (record) => record.arxiv_id ?? undefined },
  { field: 'pmid', text: (record) => record.pmid ?? undefined },
  { field: 'language', text: (record) => record.language ?? undefined },
  { field: 'licence', text: (record) => record.licence ?? undefined },
  { field: 'citations', text: (record) => (record.citations == null ? undefined : String(record.citations)) },
];

/** The records of a work side by side; those that are another work are taken out here. */
export function Versions({ work, searchId, onClose, onAskAgain }: Props) {
  const { t } = useTranslation('search');
  const { label } = useSources();
  const maySplit = useMay('search:write');
  const query = useRecords(searchId, true);
  const [taken, setTaken] = useState<string[]>([]);
  const keys = work.versions.flatMap((version) => version.records.map(keyOf));
  const records = keys.flatMap((key) => query.data?.find((record) => keyOf(record) === key) ?? []);
  const { mutate, isPending, error: refusal } = useMutation({
    mutationFn: () => split(searchId, work.id, taken),
    onSuccess: () => {
      say(t('versions.done'));
      onClose();
      onAskAgain();
    },
  });
  const toggle = (key: string) => setTaken((before) => (before.includes(key) ? before.filter((other) => other !== key) : [...before, key]));
  return (
    <Modal opened onClose={onClose} size="90rem" title={t('versions.title')} closeButtonProps={{ 'aria-label': t('versions.close') }}>
      <Loaded query={query}>
        {() => (
          // Wide tables are scrolled by keyboard, too.
          <div className={classes.scroll} tabIndex={0} role="region" aria-label={t('versions.title')}>
            <table className={classes.table}>
              <thead>
                <tr>
                  <td />
                  {records.map((record) => (
                    <th key={keyOf(record)} scope="col">
                      {label(record.source ?? '')} · {t(`types.${record.type ?? 'other'}`)}
                      {maySplit && records.length > 1 && <Checkbox mt={6} size="sm" label={t('versions.another')} checked={taken.includes(keyOf(record))} onChange={() => toggle(keyOf(record))} />}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {ROWS.filter(({ text }) => records.some((record) => text(record))).map(({ field, text }) => (
                  <tr key={field}>
                    <th scope="row">{t(`record.${field}`)}</th>
                    {records.map((record) => (
                      <td key={keyOf(record)}>{text(record) ?? '—'}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Loaded>
      {refusal && <Failure error={refusal} />}
      {taken.length > 0 && (
        <Button mt="sm" loading={isPending} disabled={taken.length >= records.length} onClick={() => mutate()}>
          {t('versions.split', { count: taken.length })}
        </Button>
      )}
    </Modal>
  );
}
