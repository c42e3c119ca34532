import { Title } from '@mantine/core';
import { useId, type ReactNode } from 'react';

import { StateWord, type Tone } from '@/components/ui/state-word';

import classes from './setup.module.css';

type Props = { title: string; tone: Tone; state: string; children?: ReactNode };

/** A step of setting PAKE up: what it is about, how it stands now, and what to do. */
export function Step({ title, tone, state, children }: Props) {
  const id = useId();
  return (
    <li className={classes.step} aria-labelledby={id}>
      <div className={classes.head}>
        <Title order={2} id={id} className={classes.title}>
          {title}
        </Title>
        <StateWord tone={tone}>{state}</StateWord>
      </div>
      {children}
    </li>
  );
}
