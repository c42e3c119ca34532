import { useTranslation } from 'react-i18next';

import { StateWord, type Tone } from '@/components/ui/state-word';
import type { Schema } from '@/lib/api';
import { useFormat } from '@/lib/format';

import type { Deployment } from './api';
import classes from './deployments.module.css';

const STEPS = ['preflight', 'image_ready', 'backed_up', 'expanded', 'started', 'ready', 'canaried', 'switched', 'baked', 'drained', 'stopped', 'committed', 'pruned', 'shut', 'quieted', 'restored', 'opened', 'put_back', 'woken', 'switched_back', 'removed'] as const;
type Step = (typeof STEPS)[number];

const TONES: Record<string, Tone> = { done: 'good', failed: 'bad', intent: 'busy' };

function StepLine({ step, reason }: { step: Schema<'DeploymentStep'>; reason: Deployment['reason'] }) {
  const { t } = useTranslation('admin');
  const { duration } = useFormat();
  const name = STEPS.some((known) => known === step.step) ? t(`deployments.steps.${step.step as Step}`) : step.step;
  return (
    <li>
      <span className={classes.step}>
        <StateWord tone={TONES[step.phase] ?? 'quiet'}>{name}</StateWord>
        {step.took_ms != null && <span className={classes.took}>{duration(step.took_ms)}</span>}
      </span>
      {step.why != null && step.why !== reason && <p className={classes.why}>{step.why}</p>}
    </li>
  );
}

/** A setting that is new, gone or another one: said in words, not by a sign alone. */
function SettingLine({ setting }: { setting: string }) {
  const { t } = useTranslation('admin');
  const kind = ({ '+': 'added', '-': 'removed', '~': 'changed' } as const)[setting.charAt(0)];
  return (
    <li>
      <code>{kind === undefined ? setting : setting.slice(1)}</code> {kind !== undefined && t(`deployments.${kind}`)}
    </li>
  );
}

/** What a deployment did and changed, folded away. */
export function DeploymentDetails({ of }: { of: Deployment }) {
  const { t } = useTranslation('admin');
  const { steps = [], settings = [], migrations = [] } = of;
  return (
    <details className={classes.fold}>
      <summary>{t('deployments.more')}</summary>
      <ol className={classes.list} aria-label={t('deployments.stepsLabel')}>
        {steps.map((step, place) => (
          // A step may come twice; its place says which.
          <StepLine key={place} step={step} reason={of.reason} />
        ))}
      </ol>
      {settings.length > 0 && (
        <ul className={classes.list} aria-label={t('deployments.settings')}>
          {settings.map((setting) => (
            <SettingLine key={setting} setting={setting} />
          ))}
        </ul>
      )}
      {migrations.length > 0 && (
        <ul className={classes.list} aria-label={t('deployments.migrations')}>
          {migrations.map((migration) => (
            <li key={migration}>{t('deployments.migration', { name: migration })}</li>
          ))}
        </ul>
      )}
    </details>
  );
}
