import { CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis, type TooltipContentProps } from 'recharts';

import classes from './analytics.module.css';

/** A row of numbers of one kind, a day each; nothing where there was none. */
export type Series = { name: string; values: (number | null)[] };

const AXIS = { fill: 'var(--mantine-color-dimmed)', fontSize: 12 };
const STYLES = [
  { stroke: 'var(--mantine-color-accent-filled)' },
  { stroke: 'var(--warn)', strokeDasharray: '6 3' },
  { stroke: 'var(--good)', strokeDasharray: '2 3' },
];

/** So many days have a dot each: one alone is seen, too. */
const FEW = 31;

type Props = { labels: string[]; series: Series[]; say: (value: number) => string; top?: number };

function hint(series: Series[], say: (value: number) => string) {
  return function Hint({ active, payload, label }: TooltipContentProps) {
    if (!active || payload.length === 0) return null;
    return (
      <div className={classes.hint}>
        <strong>{label}</strong>
        {series.map(({ name }, place) => {
          const value: unknown = payload.find(({ dataKey }) => dataKey === `v${place}`)?.value;
          return (
            <span key={name}>
              {name}: {typeof value === 'number' ? say(value) : '–'}
            </span>
          );
        })}
      </div>
    );
  };
}

/** How numbers went from day to day; told apart by colour and by dashes. */
export function Lines({ labels, series, say, top }: Props) {
  const data = labels.map((label, place) => ({ label, ...Object.fromEntries(series.map(({ values }, each) => [`v${each}`, values[place] ?? null])) }));
  return (
    <ResponsiveContainer width="100%" height={200}>
      <LineChart data={data} accessibilityLayer={false} margin={{ top: 8, right: 8, bottom: 0, left: 0 }}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis dataKey="label" tick={AXIS} tickLine={false} axisLine={{ stroke: 'var(--line)' }} minTickGap={24} />
        <YAxis width={64} tick={AXIS} tickLine={false} axisLine={false} tickFormatter={say} domain={[0, top ?? 'auto']} allowDecimals={top !== undefined} />
        <Tooltip content={hint(series, say)} isAnimationActive={false} />
        {series.map(({ name }, place) => (
          <Line key={name} dataKey={`v${place}`} name={name} strokeWidth={2} dot={labels.length <= FEW && { r: 2, strokeDasharray: '0' }} isAnimationActive={false} connectNulls {...STYLES[place % STYLES.length]} />
        ))}
      </LineChart>
    </ResponsiveContainer>
  );
}
