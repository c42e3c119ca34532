/** Days as they are chosen (`2026-11-26`, in the time zone of whoever sits here) as moments. */
const isDay = (day: string) => /^\d{4}-\d{2}-\d{2}$/.test(day) && !Number.isNaN(Date.parse(`${day}T00:00:00`));

export function beginOf(day: string | undefined): string | undefined {
  return day !== undefined && isDay(day) ? new Date(`${day}T00:00:00`).toISOString() : undefined;
}

/** The day after it begins when it ends. */
export function endOf(day: string | undefined): string | undefined {
  if (day === undefined || !isDay(day)) return undefined;
  const date = new Date(`${day}T00:00:00`);
  date.setDate(date.getDate() + 1);
  return date.toISOString();
}
