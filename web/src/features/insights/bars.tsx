import { Bar, BarChart, CartesianGrid, LabelList, ResponsiveContainer, Tooltip, XAxis, YAxis, type TooltipContentProps } from 'recharts';

import classes from './insights.module.css';

export type BarOf = { name: string; value: number; shown: string };

const AXIS = { fill: 'var(--mantine-color-dimmed)', fontSize: 12 };
const BAR = 'var(--mantine-color-accent-filled)';
const ROW = 34;

function Hint({ active, payload }: TooltipContentProps) {
  const bar = payload[0]?.payload as BarOf | undefined;
  if (!active || !bar) return null;
  return (
    <div className={classes.hint}>
      {bar.name}: <strong>{bar.shown}</strong>
    </div>
  );
}

/** Bars beside each other, from left to right in time or size. */
export function Columns({ bars }: { bars: BarOf[] }) {
  return (
    <ResponsiveContainer width="100%" height={220}>
      <BarChart data={bars} accessibilityLayer={false} margin={{ top: 8, right: 4, bottom: 0, left: 0 }}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis dataKey="name" tick={AXIS} tickLine={false} axisLine={{ stroke: 'var(--line)' }} minTickGap={6} />
        <YAxis width={36} tick={AXIS} tickLine={false} axisLine={false} allowDecimals={false} />
        <Tooltip content={Hint} cursor={{ fill: 'var(--mantine-color-default-hover)' }} isAnimationActive={false} />
        <Bar dataKey="value" fill={BAR} radius={[3, 3, 0, 0]} maxBarSize={48} isAnimationActive={false} />
      </BarChart>
    </ResponsiveContainer>
  );
}

/** Bars below each other, each with its name before and its number behind. */
export function Ranking({ bars, most }: { bars: BarOf[]; most?: number }) {
  return (
    <ResponsiveContainer width="100%" height={bars.length * ROW + 8}>
      <BarChart data={bars} layout="vertical" accessibilityLayer={false} margin={{ top: 0, right: 56, bottom: 0, left: 0 }}>
        <XAxis type="number" hide domain={[0, most ?? 'dataMax']} />
        <YAxis type="category" dataKey="name" width={128} tick={AXIS} tickLine={false} axisLine={false} interval={0} />
        <Tooltip content={Hint} cursor={{ fill: 'var(--mantine-color-default-hover)' }} isAnimationActive={false} />
        <Bar dataKey="value" fill={BAR} radius={[0, 3, 3, 0]} maxBarSize={18} minPointSize={2} isAnimationActive={false}>
          <LabelList dataKey="shown" position="right" fill="var(--ink)" fontSize={12} />
        </Bar>
      </BarChart>
    </ResponsiveContainer>
  );
}
