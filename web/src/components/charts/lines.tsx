import { CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis, type TooltipContentProps } from 'recharts';

import { LINE, TICK, ticksUpTo } from './axes';
import { Hint } from './hint';

/** A row of numbers of one kind, a day each; nothing where there was none. */
export type Series = { name: string; values: (number | null)[] };

const STYLES = [
  { stroke: 'var(--mantine-color-accent-filled)' },
  { stroke: 'var(--warn)', strokeDasharray: '6 3' },
  { stroke: 'var(--good)', strokeDasharray: '2 3' },
];

/** So many days have a dot each: one alone is seen, too. */
const FEW = 31;

type Props = {
  labels: string[];
  series: Series[];
  say: (value: number) => string;
  /** How much there can be at most; without it, as much as there was. */
  top?: number;
  /** Whether it is counted: there is nothing between one and two. */
  isCount?: boolean;
};

function hint(series: Series[], say: (value: number) => string) {
  return function LinesHint({ active, payload, label }: TooltipContentProps) {
    if (!active || payload.length === 0) return null;
    const lines = series.map(({ name }, place): [string, string] => {
      const value: unknown = payload.find(({ dataKey }) => dataKey === `v${place}`)?.value;
      return [name, typeof value === 'number' ? say(value) : '–'];
    });
    return <Hint title={String(label)} lines={lines} />;
  };
}

/** How numbers went from day to day; told apart by colour and by dashes. */
export function Lines({ labels, series, say, top, isCount = false }: Props) {
  const data = labels.map((label, place) => ({ label, ...Object.fromEntries(series.map(({ values }, each) => [`v${each}`, values[place] ?? null])) }));
  const most = Math.max(0, ...series.flatMap(({ values }) => values.filter((value) => value !== null)));
  return (
    <ResponsiveContainer width="100%" height={200}>
      <LineChart data={data} accessibilityLayer={false} margin={{ top: 8, right: 8, bottom: 0, left: 0 }}>
        <CartesianGrid vertical={false} {...LINE} />
        <XAxis dataKey="label" tick={TICK} tickLine={false} axisLine={LINE} minTickGap={24} />
        <YAxis width={64} tick={TICK} tickLine={false} axisLine={false} tickFormatter={say} domain={[0, top ?? (most > 0 ? 'auto' : 1)]} allowDecimals={!isCount} {...(isCount && { tickCount: ticksUpTo(most) })} />
        <Tooltip content={hint(series, say)} isAnimationActive={false} />
        {series.map(({ name }, place) => (
          <Line key={name} dataKey={`v${place}`} name={name} strokeWidth={2} dot={labels.length <= FEW && { r: 2, strokeDasharray: '0' }} isAnimationActive={false} connectNulls {...STYLES[place % STYLES.length]} />
        ))}
      </LineChart>
    </ResponsiveContainer>
  );
}
