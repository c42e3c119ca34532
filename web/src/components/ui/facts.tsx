import { Fragment, type ReactNode } from 'react';

import classes from './facts.module.css';

/** What is known of something: a term and what there is to say, each. */
export function Facts({ facts }: { facts: [term: string, said: ReactNode][] }) {
  return (
    <dl className={classes.facts}>
      {facts.map(([term, said]) => (
        <Fragment key={term}>
          <dt>{term}</dt>
          <dd>{said}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
