/** Searches over time: days without any are there too, and long times are counted by week or month. Pure. */
import type { Schema } from '@/lib/api';

export type Step = 'day' | 'week' | 'month';
export type Column = { start: string; count: number };

const DAY = 86_400_000;
const MOST_DAYS = 92;
const MOST_WEEKS = 731;

const text = (time: number) => new Date(time).toISOString().slice(0, 10);

/** The first day of the step that a day is in. Days are UTC, as the server counts them. */
function startOf(day: string, step: Step): string {
  const date = new Date(`${day}T00:00:00Z`);
  if (step === 'week') date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  if (step === 'month') date.setUTCDate(1);
  return text(date.getTime());
}

export function frequency(counted: Schema<'DayCount'>[], days: number, now: Date): { step: Step; columns: Column[] } {
  const last = Date.parse(text(now.getTime()));
  const earliest = counted[0] ? Date.parse(counted[0].day) : last;
  // A very long period begins with the first search.
  const first = days > MOST_WEEKS ? earliest : Math.min(earliest, last - (days - 1) * DAY);
  const length = Math.round((last - first) / DAY) + 1;
  const step: Step = length <= MOST_DAYS ? 'day' : length <= MOST_WEEKS ? 'week' : 'month';
  const columns = new Map<string, number>();
  for (let time = first; time <= last; time += DAY) columns.set(startOf(text(time), step), 0);
  for (const { day, count } of counted) {
    const start = startOf(day, step);
    columns.set(start, (columns.get(start) ?? 0) + count);
  }
  return { step, columns: [...columns].map(([start, count]) => ({ start, count })).sort((one, other) => one.start.localeCompare(other.start)) };
}
