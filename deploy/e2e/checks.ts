// What a test says, and how long it waits.

let held = 0;

/** Says that something holds, or ends the test. */
export function check(isSo: boolean, what: string, seen?: unknown): void {
  if (!isSo) throw new Error(`${what}${seen === undefined ? '' : `: ${JSON.stringify(seen)}`}`);
  held += 1;
}

/** Says what comes next. */
export const step = (what: string) => process.stderr.write(`\n== ${what}\n`);

/** Says a number that was measured. */
export const told = (what: string) => process.stdout.write(`   ${what}\n`);

/** How many things held. */
export const count = () => held;

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Looks until there is something, for at most two minutes; gives back also after how many milliseconds. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<[T, number]> {
  const began = performance.now();
  let last: unknown;
  while (performance.now() - began < 120_000) {
    try {
      const found = await look();
      if (found !== undefined) return [found, Math.round(performance.now() - began)];
    } catch (error) {
      last = error;
    }
    await pause(100);
  }
  throw new Error(`${what}: did not happen${last === undefined ? '' : ` (${String(last)})`}`);
}
