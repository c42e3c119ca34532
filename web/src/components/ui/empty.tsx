import type { ReactNode } from 'react';

import classes from './states.module.css';

type Props = { title: string; children?: ReactNode; icon?: ReactNode; action?: ReactNode };

/** Nothing is here; says why and what to do about it. */
export function Empty({ title, children, icon, action }: Props) {
  return (
    <div className={classes.empty}>
      {icon}
      <p className={classes.emptyTitle}>{title}</p>
      {children !== undefined && <div className={classes.emptyText}>{children}</div>}
      {action}
    </div>
  );
}
