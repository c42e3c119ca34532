import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { FormProblem } from '@/components/form-problem';
import { StateWord } from '@/components/ui/state-word';
import type { Schema } from '@/lib/api';
import { useFormat } from '@/lib/format';

import classes from './setup.module.css';
import { useTest } from './use-test';

/** Why a source gave no answer, in the shortest words that there are. */
function reason(error: Schema<'SourceError'> | null | undefined): string {
  if (!error) return '';
  if ('message' in error) return error.message;
  return 'reason' in error ? error.reason : error.code.replaceAll('_', ' ');
}

/** Asks a source one thing, and says how that went. */
export function SourceTest({ source }: { source: Schema<'SourceState'> }) {
  const { t } = useTranslation('setup');
  const format = useFormat();
  const test = useTest(source.id);
  const report = test.data;
  const time = report ? format.duration(report.took_ms) : '';
  return (
    <>
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
      <FormProblem error={test.error} words={{ unauthenticated: t('sources.signIn') }} />
    </>
  );
}
