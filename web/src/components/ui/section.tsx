import { Title } from '@mantine/core';
import { useId, type ReactNode } from 'react';

import classes from './section.module.css';

type Props = { title: string; actions?: ReactNode; lead?: ReactNode; level?: 2 | 3; children?: ReactNode };

/** A part of a page with a heading of its own. */
export function Section({ title, actions, lead, level = 2, children }: Props) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={classes.section} data-level={level}>
      <header className={classes.head}>
        <Title order={level} id={id} dir="auto" className={classes.title}>
          {title}
        </Title>
        {actions}
      </header>
      {lead !== undefined && <p className={classes.lead}>{lead}</p>}
      {children}
    </section>
  );
}
