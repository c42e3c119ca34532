import { Title } from '@mantine/core';
import type { ReactNode } from 'react';

import { Sign } from './ui/sign';
import classes from './entrance.module.css';

type Props = { title: string; lead?: ReactNode; foot?: ReactNode; children?: ReactNode };

/** A page at the door: one small card with one thing to do. */
export function Entrance({ title, lead, foot, children }: Props) {
  return (
    <div className={classes.frame}>
      <title>{`${title} · PAKE`}</title>
      <div className={classes.card}>
        <header className={classes.head}>
          <Sign size={36} />
          <Title order={1} className={classes.title}>
            {title}
          </Title>
          {lead !== undefined && <p className={classes.lead}>{lead}</p>}
        </header>
        {children}
        {foot !== undefined && <footer className={classes.foot}>{foot}</footer>}
      </div>
    </div>
  );
}
