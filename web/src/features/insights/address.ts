/** Over how many days is counted; the last is as long as the server counts. */
export const PERIODS = [7, 30, 90, 365, 36_500] as const;
export type Period = (typeof PERIODS)[number];
const USUAL: Period = 30;

export type InsightsAddress = { days?: string | undefined };

/** The period that an address names; the usual one where it names none. */
export function periodOf(address: InsightsAddress): Period {
  return PERIODS.find((days) => String(days) === address.days) ?? USUAL;
}

/** Reads an address that anybody may have written. */
export function readInsightsAddress(search: Record<string, unknown>): InsightsAddress {
  return writePeriod(PERIODS.find((days) => String(days) === search.days));
}

export function writePeriod(days: Period | undefined): InsightsAddress {
  return { days: days === undefined || days === USUAL ? undefined : String(days) };
}
