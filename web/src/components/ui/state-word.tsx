import { IconAlertTriangle, IconCircleCheck, IconCircleDashed, IconCircleX, IconClock } from '@tabler/icons-react';
import type { ReactNode } from 'react';

import classes from './state-word.module.css';

export type Tone = 'good' | 'warn' | 'bad' | 'busy' | 'quiet';

const ICONS = { good: IconCircleCheck, warn: IconAlertTriangle, bad: IconCircleX, busy: IconClock, quiet: IconCircleDashed };

/** How something is, in a word; told by a sign and the word, not by colour alone. */
export function StateWord({ tone, children }: { tone: Tone; children: ReactNode }) {
  const Icon = ICONS[tone];
  return (
    <span className={classes.state} data-tone={tone}>
      <Icon size={16} aria-hidden className={classes.icon} />
      <span>{children}</span>
    </span>
  );
}
