/** The history: marked, tagged, asked anew and compared, taken away, forgotten; and the record of a search as a picture. */
import { readFile } from 'node:fs/promises';

import type { Page } from '@playwright/test';

import { ask } from './harness/ask';
import { expect, test } from './harness/test';

const QUESTION = 'deep learning';

const row = (page: Page, query = QUESTION) => page.getByRole('article', { name: query }).first();

async function choose(page: Page, item: string): Promise<void> {
  await page.getByRole('button', { name: `What to do with “${QUESTION}”` }).first().click();
  await page.getByRole('menuitem', { name: item }).click();
}

/** What the browser downloads when this is done. */
async function download(page: Page, deed: () => Promise<void>): Promise<{ name: string; text: string }> {
  const [file] = await Promise.all([page.waitForEvent('download'), deed()]);
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
}

test('a search becomes a favourite and gets a tag, and both find it again', async ({ page }) => {
  await ask(page, QUESTION);
  await ask(page, 'covid');
  await page.goto('/history');
  const star = page.getByRole('button', { name: `Favourite: ${QUESTION}` });
  await star.click();
  await expect(star).toHaveAttribute('aria-pressed', 'true');
  await choose(page, 'Tags …');
  await page.getByPlaceholder('New tag').fill('thesis');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog').getByRole('link', { name: 'thesis' })).toBeVisible();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: 'Favourites', exact: true }).click();
  await expect(page.getByRole('article')).toHaveCount(1);
  await page.reload();
  await expect(star).toHaveAttribute('aria-pressed', 'true');
  await row(page).getByRole('link', { name: 'thesis' }).click();
  await expect(page).toHaveURL(/tag=thesis/);
  await expect(page.getByRole('article')).toHaveCount(1);
  await page.getByRole('searchbox').fill('covid');
  await expect(page.getByText('No search is like that')).toBeVisible();
});

test('a search that is asked anew is laid beside the one before', async ({ page }) => {
  await ask(page, QUESTION, { limit: 5 });
  await page.goto('/history');
  await choose(page, 'Ask anew and compare');
  await expect(page).toHaveURL(/\/history\/[0-9a-f-]{36}\?compare=/);
  const changes = page.getByRole('region', { name: 'What has changed' });
  await expect(changes.getByRole('listitem').filter({ hasText: /as before/ })).toBeVisible();
  await page.goto('/history');
  await expect(page.getByRole('article', { name: QUESTION })).toHaveCount(2);
});

test('a search made elsewhere appears by itself', async ({ page }) => {
  await ask(page, 'covid');
  await page.goto('/history');
  await expect(row(page, 'covid')).toBeVisible();
  await ask(page, QUESTION);
  await expect(row(page)).toBeVisible();
});

test('the history is taken away in each format, and an answer for a reference manager', async ({ page }) => {
  const id = await ask(page, QUESTION);
  await page.goto('/history');
  const take = (button: string, item: string) =>
    download(page, async () => {
      await page.getByRole('button', { name: button, exact: true }).click();
      await page.getByRole('menuitem', { name: item, exact: true }).click();
    });
  const json = await take('Export', 'JSON');
  expect((JSON.parse(json.text) as { search_history: { query: string }[] }).search_history[0]?.query).toBe(QUESTION);
  expect((await take('Export', 'JSON, one entry a line (NDJSON)')).text.trim().split('\n')).toHaveLength(1);
  const csv = await take('Export', 'CSV, for a spreadsheet');
  expect(csv.name).toMatch(/^pake-history-.*\.csv$/);
  expect(csv.text).toContain(QUESTION);
  await page.goto(`/history/${id}`);
  expect((await take('Export the works', 'BibTeX')).text).toMatch(/^@\w+\{/m);
  expect((await take('Export the works', 'RIS')).text).toMatch(/^TY {2}- /m);
});

test('one search is deleted, then all of them, and never without asking', async ({ page }) => {
  await ask(page, QUESTION);
  await ask(page, 'covid');
  await page.goto('/history');
  await choose(page, 'Delete …');
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('article')).toHaveCount(2);
  await choose(page, 'Delete …');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('article')).toHaveCount(1);
  await page.getByRole('button', { name: 'Delete all …' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete all' }).click();
  await expect(page.getByText('Nothing was asked yet')).toBeVisible();
  await page.reload();
  await expect(page.getByText('Nothing was asked yet')).toBeVisible();
});

test('the PRISMA record is a picture that stands for itself, says the numbers in words, and prints alone', async ({ page }) => {
  const id = await ask(page, QUESTION);
  const record = (await (await page.request.get(`/api/v1/searches/${id}/record`)).json()) as { flow: { to_screen: number; identified: number } };
  await page.goto(`/history/${id}`);
  const picture = page.getByRole('img', { name: 'Flow of records, PRISMA 2020' });
  await expect(picture).toContainText(`Works to screen (n\u00a0=\u00a0${record.flow.to_screen})`);
  const file = await download(page, () => page.getByRole('button', { name: 'Download as SVG' }).click());
  expect(file.name).toMatch(/^pake-prisma-\d{4}-\d\d-\d\d-deep-learning\.svg$/);
  expect(file.text).toContain(`(n\u00a0=\u00a0${record.flow.identified})`);
  expect(file.text).not.toMatch(/<script|<style|class=|href=/);
  // A browser shows it as it is.
  const wide = await page.evaluate(async (svg) => {
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
    await image.decode();
    return image.naturalWidth;
  }, file.text);
  expect(wide).toBeGreaterThan(600);
  await page.emulateMedia({ media: 'print' });
  await expect(picture).toBeVisible();
  await expect(page.getByRole('button', { name: 'Download as SVG' })).toBeHidden();
  await expect(page.getByRole('banner')).toBeHidden();
});
