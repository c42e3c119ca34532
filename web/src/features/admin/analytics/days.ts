import type { Schema } from '@/lib/api';

type Day = Schema<'UsageDay'>;

const DAY = 86_400_000;

/** Every day since then, also those on which nothing happened, which the server leaves out. */
export function everyDay(days: Day[], since: string, now: Date): Day[] {
  const known = new Map(days.map((day) => [day.day, day]));
  const first = Date.parse(since.slice(0, 10));
  const count = Math.max(1, Math.floor((now.getTime() - first) / DAY) + 1);
  return Array.from({ length: count }, (_, place) => {
    const day = new Date(first + place * DAY).toISOString().slice(0, 10);
    return known.get(day) ?? { day, active_users: 0, searches: 0, requests: { by_session: 0, by_token: 0 } };
  });
}
