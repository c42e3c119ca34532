import { useTranslation } from 'react-i18next';

import { StateWord, type Tone } from '@/components/ui/state-word';

import type { Deployment } from './api';

const TONES = { committed: 'good', rolled_back: 'warn', halted: 'bad' } as const satisfies Record<string, Tone>;
type Outcome = keyof typeof TONES;

const isKnown = (outcome: string): outcome is Outcome => outcome in TONES;

/** How a deployment ended, or that it has not. */
export function DeploymentState({ of }: { of: Deployment }) {
  const { t } = useTranslation('admin');
  if (of.outcome == null) return <StateWord tone="busy">{t('deployments.underWay')}</StateWord>;
  if (!isKnown(of.outcome)) return <StateWord tone="quiet">{of.outcome}</StateWord>;
  return <StateWord tone={TONES[of.outcome]}>{t(`deployments.outcomes.${of.outcome}`)}</StateWord>;
}
