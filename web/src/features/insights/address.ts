/** Over how many days is counted; the last is as long as the server counts. */
export const PERIODS = [7, 30, 90, 365, 36_500] as const;
export type Period = (typeof PERIODS)[number];
export const USUAL: Period = 30;

export type InsightsAddress = { days?: Period | undefined };

/** Reads an address that anybody may have written. */
export function readInsightsAddress(search: Record<string, unknown>): InsightsAddress {
  return { days: PERIODS.find((days) => String(days) === String(search.days)) };
}
