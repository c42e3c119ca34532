import { useTranslation } from 'react-i18next';

import { StateWord, type Tone } from '@/components/ui/state-word';
import type { Schema } from '@/lib/api';

type Source = Schema<'SourceState'>;

const CIRCUIT: Record<Schema<'LaneState'>, Tone> = { closed: 'good', half_open: 'busy', limited: 'warn', open: 'bad' };

export const isAsked = ({ availability }: Source) => availability === 'ready' || availability === 'lazy';

/** Whether a source is asked, and why not: its circuit where it may be, else what an operator has to do. */
export function SourceStateWord({ source }: { source: Source }) {
  const { t } = useTranslation('admin');
  if (!isAsked(source)) return <StateWord tone="quiet">{t(`sources.availability.${source.availability}`)}</StateWord>;
  return <StateWord tone={CIRCUIT[source.health.state]}>{t(`sources.circuit.${source.health.state}`)}</StateWord>;
}
