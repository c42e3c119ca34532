import { Section } from '@/components/ui/section';
import { useFormat } from '@/lib/format';

import classes from './analytics.module.css';

type Props = { title: string; rows: { name: string; count: number }[]; head: [string, string] };

/** How often what was used, the most used first: a table whose rows are bars, too. */
export function Ranking({ title, rows, head }: Props) {
  const { number } = useFormat();
  const most = Math.max(1, ...rows.map(({ count }) => count));
  return (
    <div className={classes.figure}>
      <Section title={title} level={3}>
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
            {rows.map(({ name, count }) => (
              <tr key={name}>
                <th scope="row">
                  {name}
                  <span className={classes.bar} style={{ inlineSize: `${(100 * count) / most}%` }} aria-hidden />
                </th>
                <td>{number(count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Section>
    </div>
  );
}
