/** A search as somebody sees it, on the built binary: from the box to the file that is taken away. */
import { readFile } from 'node:fs/promises';

import type { Page } from '@playwright/test';

import { expectKept } from './harness/kept';
import { expectAccessible, takePictures } from './harness/look';
import { expect, test } from './harness/test';

const SOURCES = ['arxiv', 'pubmed', 'europepmc', 'openalex', 'crossref', 'wikipedia'] as const;

const box = (page: Page) => page.getByRole('combobox', { name: 'What are you looking for?' });
const articles = (page: Page) => page.getByRole('article');
const chip = (page: Page, name: string) => page.getByRole('list', { name: 'Sources that are asked' }).getByRole('button', { name });
const summary = (page: Page) => page.getByText(/\d+ works from \d+ records/);

async function ask(page: Page, question: string): Promise<void> {
  await page.goto('/');
  await box(page).fill(question);
  await box(page).press('Enter');
}

test('works are there as soon as one source has answered, and what comes later waits for whoever reads', async ({ page, sources }) => {
  for (const source of SOURCES) if (source !== 'openalex') await sources.hold(source);
  await ask(page, 'crispr');
  await expect(articles(page).first()).toBeVisible();
  await expect(chip(page, 'arXiv')).toContainText('asking');
  await page.keyboard.press('Escape');
  await box(page).blur();
  await page.keyboard.press('j');
  await expect(articles(page).first()).toBeFocused();
  // What others say of the same work may give it a better title; it stays where it is.
  const read = await articles(page).first().getAttribute('id');
  for (const source of SOURCES) if (source !== 'openalex') await sources.release(source);
  const fresh = page.getByRole('button', { name: /show$/ });
  await expect(fresh).toBeVisible();
  await expect(summary(page)).toBeVisible();
  await expect(articles(page).first()).toHaveAttribute('id', read ?? '');
  await fresh.click();
  await expect(fresh).toBeHidden();
});

test('a connection that drops resumes by itself', async ({ page, sources, watch }) => {
  watch.expect(/WebSocket/);
  let drop = () => {};
  await page.routeWebSocket('**/ws', (socket) => {
    socket.connectToServer();
    drop = () => void socket.close({ code: 1001 });
  });
  await sources.hold('arxiv');
  await ask(page, 'crispr');
  await expect(articles(page).first()).toBeVisible();
  drop();
  await sources.release('arxiv');
  await expect(summary(page)).toBeVisible();
  await expect(chip(page, 'arXiv')).not.toContainText('asking');
});

test('a shared link opens in a second tab while the first still waits for sources', async ({ page, context, sources }) => {
  await sources.hold('arxiv');
  await ask(page, 'crispr');
  await expect(articles(page).first()).toBeVisible();
  const second = await context.newPage();
  await second.goto('/?q=crispr&sort=newest');
  await expect(articles(second).first()).toBeVisible();
  await expect(chip(second, 'arXiv')).toContainText('asking');
  await sources.release('arxiv');
  for (const tab of [page, second]) await expect(summary(tab)).toBeVisible();
});

test('a source that fails says why, and the others stand', async ({ page, sources }) => {
  await sources.fail('pubmed', 503);
  await ask(page, 'crispr');
  await expect(summary(page)).toBeVisible();
  await chip(page, 'PubMed').click();
  await expect(page.getByText('It did not answer.')).toBeVisible();
  await page.keyboard.press('Escape');
});

test('the address is the state: narrowed, sorted, reloaded, gone back', async ({ page }) => {
  await ask(page, 'crispr');
  await expect(summary(page)).toBeVisible();
  await page.getByRole('complementary', { name: 'Narrow the list' }).getByRole('checkbox', { name: /OpenAlex/ }).check();
  await page.getByRole('combobox', { name: 'Order' }).selectOption('Title');
  await expect(page).toHaveURL(/sort=title.*from=openalex|from=openalex.*sort=title/);
  const first = await articles(page).first().getByRole('heading').textContent();
  await page.reload();
  await expect(articles(page).first().getByRole('heading')).toHaveText(first ?? '');
  await box(page).fill('graphene');
  await box(page).press('Enter');
  await expect(page).toHaveTitle(/graphene/);
  await page.goBack();
  await expect(box(page)).toHaveValue('crispr');
});

test('what is selected is taken away, and everything', async ({ page }) => {
  await ask(page, 'crispr');
  await expect(summary(page)).toBeVisible();
  await articles(page).first().getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Export 1 selected' }).click();
  const one = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'BibTeX' }).click();
  const text = await readFile(await (await one).path(), 'utf8');
  expect(text.match(/^@\w+\{/gm)).toHaveLength(1);
  await page.getByRole('button', { name: 'Export 1 selected' }).click();
  await page.getByRole('menuitem', { name: 'Clear the selection' }).click();
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  const all = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'CSL-JSON' }).click();
  const list = JSON.parse(await readFile(await (await all).path(), 'utf8')) as unknown[];
  await expect(page.getByText(new RegExp(`^${list.length} works`))).toBeVisible();
});

test('a question that cannot be read is told at the box', async ({ page, watch }) => {
  watch.expect(/400/);
  await ask(page, 'titel:(crispr');
  await expect(page.getByRole('alert')).toContainText('column 1');
  await expect(box(page)).toHaveAttribute('aria-invalid', 'true');
});

test('the answer, its cards and its help are read by everybody, in every size and theme', async ({ page }) => {
  test.slow();
  await ask(page, 'crispr');
  await expect(summary(page)).toBeVisible();
  const card = articles(page).first();
  await card.getByRole('button', { name: /source/ }).click();
  await card.getByRole('button', { name: 'Why here' }).click();
  await expect(card.getByText(/Relevance .* the sum of/)).toBeVisible();
  await takePictures(page, 'search-answer');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'How to write questions' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await takePictures(page, 'search-help');
  await expectAccessible(page);
});

test('the page and the last answer open without a network', async ({ page, context, watch }) => {
  watch.expect(/ERR_INTERNET_DISCONNECTED/, /Failed to fetch/);
  await ask(page, 'crispr');
  await expect(summary(page)).toBeVisible();
  await page.evaluate(async () => (await navigator.serviceWorker.ready).active?.state);
  await page.reload();
  await expect(summary(page)).toBeVisible();
  const search = new URL(page.url()).searchParams.get('id');
  await expectKept(page, ['/api/v1/workspaces', `/api/v1/history/${search}`]);
  await context.setOffline(true);
  await page.reload();
  await expect(page.getByText('You are offline')).toBeVisible();
  await expect(articles(page).first()).toBeVisible();
  await expect(page.getByText(/Kept on this device/)).toBeVisible();
});
