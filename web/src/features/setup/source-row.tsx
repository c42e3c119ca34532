import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { FormProblem } from '@/components/form-problem';
import { StateWord, type Tone } from '@/components/ui/state-word';
import { api, take, type Schema } from '@/lib/api';
import { useFormat } from '@/lib/format';

import { Lines } from './lines';
import classes from './setup.module.css';

type Source = Schema<'SourceState'>;

const TONES: Record<Source['availability'], Tone> = { ready: 'good', lazy: 'good', off: 'quiet', needs_key: 'warn', needs_base_url: 'warn', needs_urls: 'warn' };

/** The lines that have a source asked. */
function linesFor({ id, availability }: Source): string | undefined {
  const line = { off: 'enabled = true', needs_key: 'key = "…"', needs_base_url: 'base_url = "https://…"', needs_urls: 'urls = ["https://example.org/feed.xml"]', ready: undefined, lazy: undefined }[availability];
  return line === undefined ? undefined : `[sources.${id}]\n${line}`;
}

/** Why a source gave no answer, in the shortest words that there are. */
function reason(error: Schema<'SourceError'> | null | undefined): string {
  if (!error) return '';
  if ('message' in error) return error.message;
  return 'reason' in error ? error.reason : error.code.replaceAll('_', ' ');
}

/** Puts one small question to one source, past all caches, and leaves nothing in the history. */
function useTest(id: Source['id']) {
  return useMutation({
    mutationFn: async () => {
      const body = { query: 'graphene', sources: [id], limit: 1, anonymous: true, refresh: true };
      const answer = await take(api.POST('/api/v1/searches', { params: { header: { Prefer: 'wait=20' } }, body }));
      return 'sources' in answer ? answer.sources.find(({ source }) => source === id) : undefined;
    },
  });
}

/** A source: whether it is asked, what it wants for that, and how a test of it went. */
export function SourceRow({ source }: { source: Source }) {
  const { t } = useTranslation('setup');
  const format = useFormat();
  const test = useTest(source.id);
  const lines = linesFor(source);
  const report = test.data;
  const time = report ? format.duration(report.took_ms) : '';
  return (
    <li className={classes.source}>
      <div className={classes.head}>
        <span>
          <strong>{source.label}</strong> <span className={classes.quiet}>{source.description}</span>
        </span>
        <StateWord tone={TONES[source.availability]}>{t(`sources.state.${source.availability}`)}</StateWord>
      </div>
      {lines !== undefined && <Lines text={lines} label={t('copyLines')} />}
      {source.availability === 'ready' && (
        <div className={classes.deeds}>
          <Button size="compact-sm" variant="default" loading={test.isPending} aria-label={t('sources.testThis', { name: source.label })} onClick={() => test.mutate()}>
            {t('sources.test')}
          </Button>
          <span role="status">
            {test.isSuccess && !report && <StateWord tone="warn">{t('sources.slow')}</StateWord>}
            {report?.state === 'answered' && <StateWord tone="good">{t('sources.answered', { count: report.reported ?? report.retrieved, time })}</StateWord>}
            {report && report.state !== 'answered' && <StateWord tone="bad">{t('sources.failed', { reason: reason(report.error) })}</StateWord>}
          </span>
        </div>
      )}
      <FormProblem error={test.error} words={{ unauthenticated: t('sources.signIn') }} />
    </li>
  );
}
