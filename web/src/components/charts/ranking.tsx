import type { ReactNode } from 'react';

import { Section } from '@/components/ui/section';

import classes from './charts.module.css';

type Props = {
  title: string;
  lead?: string;
  /** What the names are, and what each number is. */
  head: string[];
  /** `share`: how long the bar is, of the longest that there may be. */
  rows: { name: string; share: number; cells: ReactNode[] }[];
};

/** Names with their numbers, the most first: a table whose rows are bars, too. */
export function Ranking({ title, lead, head, rows }: Props) {
  return (
    <div className={classes.figure}>
      <Section title={title} lead={lead}>
        <table className={classes.ranking}>
          <thead>
            <tr>
              {head.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, share, cells }) => (
              <tr key={name}>
                <th scope="row">
                  <bdi>{name}</bdi>
                  <span className={classes.bar} style={{ inlineSize: `${100 * share}%` }} aria-hidden />
                </th>
                {cells.map((cell, place) => (
                  <td key={head[place + 1]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Section>
    </div>
  );
}

/** Rows of a ranking whose bars stand for how often each was counted. */
export function counted(rows: { name: string; count: number }[], say: (count: number) => string): Props['rows'] {
  const most = Math.max(1, ...rows.map(({ count }) => count));
  return rows.map(({ name, count }) => ({ name, share: count / most, cells: [say(count)] }));
}
