import { useTranslation } from 'react-i18next';

import { Section } from '@/components/ui/section';
import { StateWord, type Tone } from '@/components/ui/state-word';
import type { Schema } from '@/lib/api';

import classes from './dashboard.module.css';

const TONES: Record<Schema<'ComponentStatus'>, Tone> = { healthy: 'good', degraded: 'bad', off: 'quiet' };
const PARTS = ['cache', 'certificate', 'database', 'history', 'jobs', 'queue', 'redis', 'sources', 'websocket'] as const;
type Part = (typeof PARTS)[number];

/** What PAKE consists of and depends on, and how each is. */
export function Dependencies({ components }: { components: Record<string, Schema<'Component'>> }) {
  const { t } = useTranslation('admin');
  const name = (part: string) => (PARTS.some((known) => known === part) ? t(`dashboard.parts.${part as Part}`) : part);
  return (
    <Section title={t('dashboard.dependencies')}>
      <ul className={classes.parts}>
        {Object.entries(components).map(([part, { status, detail }]) => (
          <li key={part}>
            <span className={classes.part}>{name(part)}</span>
            <StateWord tone={TONES[status]}>{t(`dashboard.status.${status}`)}</StateWord>
            {detail != null && <span className={classes.detail}>{detail}</span>}
          </li>
        ))}
      </ul>
    </Section>
  );
}
