/** Searches that were made before a test begins to look. */
import { expect, type Page } from '@playwright/test';

/** Asks as whoever uses the browser, waits for the answer, and gives the id of the search. */
export async function ask(page: Page, query: string, more: { refresh?: boolean; limit?: number } = {}): Promise<string> {
  const cookies = await page.context().cookies();
  const token = cookies.find(({ name }) => name.endsWith('pake_csrf'))?.value;
  const answer = await page.request.post('/api/v1/searches', {
    headers: { prefer: 'wait=30', ...(token !== undefined && { 'x-csrf-token': token }) },
    data: { query, ...more },
  });
  expect(answer.status(), await answer.text()).toBe(200);
  return ((await answer.json()) as { id: string }).id;
}
