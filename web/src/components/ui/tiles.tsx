import { useId, type ReactNode } from 'react';

import classes from './tiles.module.css';

/** Numbers side by side, as many as there is room for. */
export function Tiles({ children }: { children: ReactNode }) {
  return <ul className={classes.tiles}>{children}</ul>;
}

type Props = { label: string; value: ReactNode; note?: ReactNode; children?: ReactNode };

/** One number: what it is, how much it is, and what else there is to say of it. */
export function Tile({ label, value, note, children }: Props) {
  const id = useId();
  return (
    <li className={classes.tile} aria-labelledby={id}>
      <p id={id} className={classes.label}>
        {label}
      </p>
      <p className={classes.value}>{value}</p>
      {note !== undefined && <p className={classes.note}>{note}</p>}
      {children}
    </li>
  );
}
