import { Title } from '@mantine/core';
import type { ReactNode } from 'react';

import classes from './page.module.css';

type Props = {
  title: string;
  /** Beside the heading: what can be done with the whole page. */
  actions?: ReactNode;
  /** Below the heading, in a sentence. */
  lead?: ReactNode;
  /** `text`: as wide as lines can be read; `full`: as wide as the window. */
  width?: 'page' | 'text' | 'full';
  children?: ReactNode;
};

/** A page: its title in the browser's tab and as the only h1. */
export function Page({ title, actions, lead, width = 'page', children }: Props) {
  return (
    <div className={classes.page} data-width={width}>
      <title>{`${title} · PAKE`}</title>
      <header className={classes.head}>
        <Title order={1} dir="auto" className={classes.title}>
          {title}
        </Title>
        {actions}
      </header>
      {lead !== undefined && <p className={classes.lead}>{lead}</p>}
      {children}
    </div>
  );
}
