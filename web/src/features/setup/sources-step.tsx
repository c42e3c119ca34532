import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { isRefused } from '@/lib/problem';

import { adjustableQuery } from './adjust';
import { readinessQuery } from './configuration';
import classes from './setup.module.css';
import { SourceRow } from './source-row';
import { Step } from './step';

/** The sources: which are asked, what the others want, and a test of each. */
export function SourcesStep() {
  const { t } = useTranslation('setup');
  const sources = useQuery(readinessQuery);
  const settings = useQuery(adjustableQuery);
  const all = sources.data?.sources ?? [];
  const ready = all.filter(({ availability }) => availability === 'ready').length;
  const mustSignIn = isRefused(sources.error);
  const state = sources.data ? t('sources.ready', { count: ready, all: all.length }) : t(mustSignIn ? 'hidden' : sources.isError ? 'unknown' : 'looking');
  return (
    <Step title={t('sources.title')} tone={ready > 0 ? 'good' : 'quiet'} state={state}>
      <p className={classes.quiet}>{t('sources.text')}</p>
      {mustSignIn && <p>{t('sources.signIn')}</p>}
      {!mustSignIn && (
        <Loaded query={sources}>
          {({ sources }) => (
            <ul className={classes.sources}>
              {sources.map((source) => (
                <SourceRow key={source.id} source={source} settings={settings.data} />
              ))}
            </ul>
          )}
        </Loaded>
      )}
    </Step>
  );
}
