/** What the axes of all charts have in common. */
export const TICK = { fill: 'var(--mantine-color-dimmed)', fontSize: 12 };
export const LINE = { stroke: 'var(--line)' };

const MOST_TICKS = 5;

/** How many ticks there are for what is counted: small numbers have one each, and none beyond the highest. */
export const ticksUpTo = (most: number) => Math.min(MOST_TICKS, Math.max(1, Math.ceil(most)) + 1);
