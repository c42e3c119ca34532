import { useTranslation } from 'react-i18next';

import { StateWord, type Tone } from '@/components/ui/state-word';
import type { Schema } from '@/lib/api';

type Severity = Schema<'Severity'>;

export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const satisfies Severity[];
const TONES: Record<Severity, Tone> = { critical: 'bad', high: 'bad', medium: 'warn', low: 'quiet' };

/** How much an event matters. */
export function SeverityWord({ severity }: { severity: Severity }) {
  const { t } = useTranslation('admin');
  return <StateWord tone={TONES[severity]}>{t(`securityEvents.severity.${severity}`)}</StateWord>;
}
