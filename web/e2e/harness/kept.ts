/** What the service worker keeps for when there is no network. */
import { expect, type Page } from '@playwright/test';

/** Waits until the answers at these paths of the API are kept. */
export async function expectKept(page: Page, paths: string[]): Promise<void> {
  const kept = () => page.evaluate(async () => (await (await caches.open('pake-kept-reads')).keys()).map(({ url }) => new URL(url).pathname));
  await expect.poll(kept).toEqual(expect.arrayContaining(paths));
}
