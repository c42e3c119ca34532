import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis, type TooltipContentProps } from 'recharts';

import { LINE, TICK, ticksUpTo } from './axes';
import { Hint } from './hint';

export type Column = { name: string; value: number; shown: string };

function hint(what: string) {
  return function ColumnHint({ active, payload }: TooltipContentProps) {
    const column = payload[0]?.payload as Column | undefined;
    return active && column && <Hint title={column.name} lines={[[what, column.shown]]} />;
  };
}

/** Bars beside each other, from left to right in time or size. */
export function Columns({ columns, what }: { columns: Column[]; what: string }) {
  const most = Math.max(...columns.map(({ value }) => value));
  return (
    <ResponsiveContainer width="100%" height={220}>
      <BarChart data={columns} accessibilityLayer={false} margin={{ top: 8, right: 4, bottom: 0, left: 0 }}>
        <CartesianGrid vertical={false} {...LINE} />
        <XAxis dataKey="name" tick={TICK} tickLine={false} axisLine={LINE} minTickGap={6} />
        <YAxis width={36} tick={TICK} tickLine={false} axisLine={false} allowDecimals={false} tickCount={ticksUpTo(most)} domain={[0, most > 0 ? 'auto' : 1]} />
        <Tooltip content={hint(what)} cursor={{ fill: 'var(--mantine-color-default-hover)' }} isAnimationActive={false} />
        <Bar dataKey="value" fill="var(--mantine-color-accent-filled)" radius={[3, 3, 0, 0]} maxBarSize={48} isAnimationActive={false} />
      </BarChart>
    </ResponsiveContainer>
  );
}
