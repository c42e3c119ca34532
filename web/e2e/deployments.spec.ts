/** What was deployed, as an operator sees it, and the way back: the machine's deployer is a file that this test writes. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Page } from '@playwright/test';

import { expectAccessible, takePictures } from './harness/look';
import { expect, test as base } from './harness/test';

const OLD = '0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42';
const NEW = '0198f2c4-6000-7a10-9c51-2b6f0c1d7e42';
const FAILED = '0198f2c4-7000-7a10-9c51-2b6f0c1d7e42';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const step = (name: string, took: number, change = {}) => ({ step: name, phase: 'done', took_ms: took, why: null, ...change });

const deployment = (deploy: string, change = {}) => ({
  deploy,
  kind: 'deploy',
  by: 'ada',
  image: 'ghcr.io/pake/pake:1.4.0',
  from: digest('a'),
  to: digest('b'),
  settings: ['~PAKE_LOG__LEVEL', '+PAKE_SEARCH__DEADLINE'],
  migrations: ['13 tags'],
  began: '2026-11-26T12:00:00Z',
  last: '2026-11-26T12:03:10Z',
  outcome: 'committed',
  reason: null,
  steps: [step('preflight', 840), step('image_ready', 12_300), step('backed_up', 4_100), step('ready', 5_200), step('baked', 120_000)],
  ...change,
});

const why = 'green was not ready 5 times in a row within 60 s; the last answer: 503 {"database":"down"}';
const told = {
  current: { deploy: NEW, image: 'ghcr.io/pake/pake:1.4.0', digest: digest('b'), committed_at: '2026-11-26T12:03:10Z' },
  back_to: { deploy: OLD, image: 'ghcr.io/pake/pake:1.3.2', digest: digest('a'), committed_at: '2026-11-20T09:00:00Z' },
  totals: { committed: 2, rolled_back: 1, halted: 0 },
  deployments: [
    deployment(FAILED, { outcome: 'rolled_back', reason: why, from: digest('b'), to: digest('c'), image: 'ghcr.io/pake/pake:1.5.0', steps: [step('preflight', 810), step('ready', 60_200, { phase: 'failed', why })] }),
    deployment(NEW),
    deployment(OLD, { kind: 'restart', from: digest('a'), to: digest('a'), settings: [], migrations: [] }),
  ],
};

const test = base.extend<{ folder: string }>({
  folder: async ({}, use) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'pake-deployer-'));
    await use(folder);
    await rm(folder, { recursive: true, force: true });
  },
  settings: async ({ folder }, use) => use({ PAKE_SERVER__DEPLOYMENTS_DIR: folder }),
});

const button = (page: Page) => page.getByRole('button', { name: 'Roll back' });

test('a deployment is seen with its reason, steps and changes, and is in the audit log', async ({ page, folder, signIn }) => {
  await signIn('ada', 'super_admin');
  await writeFile(path.join(folder, 'deployments.json'), JSON.stringify(told));
  await page.goto('/admin/deployments');
  const rows = page.getByRole('table', { name: 'Deployments' }).getByRole('row');
  await expect(rows).toHaveCount(4);
  await expect(rows.nth(1)).toContainText('went back');
  await expect(rows.nth(1)).toContainText('503');
  await rows.nth(1).getByText('Steps and changes').click();
  await expect(rows.nth(1).getByRole('list', { name: 'Steps' }).getByRole('listitem')).toHaveCount(2);
  await expect(rows.nth(1).getByRole('list', { name: 'Settings' })).toContainText('PAKE_LOG__LEVEL changed');
  await expectAccessible(page);
  await takePictures(page, 'admin-deployments-told');
  await expect
    .poll(async () => ((await (await page.request.get('/api/v1/admin/audit?action=deployment.rolled_back')).json()) as { entries: unknown[] }).entries.length, { timeout: 60_000 })
    .toBe(1);
});

test('the way back is asked for once, by whoever shows that it is them', async ({ page, folder, signIn, watch }) => {
  const { password } = await signIn('ada', 'super_admin');
  watch.expect(/400 \(Bad Request\)/);
  await writeFile(path.join(folder, 'deployments.json'), JSON.stringify(told));
  await page.goto('/admin/deployments');
  await button(page).click();
  const dialog = page.getByRole('dialog', { name: 'Go back to the release before?' });
  await expectAccessible(page);
  await takePictures(page, 'admin-deployments-rollback');
  await dialog.getByLabel('Your password').fill('a wrong one');
  await dialog.getByRole('button', { name: 'Go back' }).click();
  await expect(dialog.getByText('This is not your password')).toBeVisible();
  await dialog.getByLabel('Your password').fill(password);
  await dialog.getByLabel('Your password').press('Enter');
  await expect(dialog).toBeHidden();
  await expect(page.getByText(/ada has asked to go back/)).toBeVisible();
  await expect(button(page)).toHaveCount(0);
  const request = JSON.parse(await readFile(path.join(folder, 'deployment-request.json'), 'utf8')) as { release: string; by: string };
  expect(request).toMatchObject({ release: OLD, by: 'ada' });
  // The deployer takes it up, and it begins.
  await rm(path.join(folder, 'deployment-request.json'));
  const begun = deployment('0198f2c4-8000-7a10-9c51-2b6f0c1d7e42', { kind: 'rollback', outcome: null, by: 'ada (in PAKE)', steps: [step('started', 400), step('ready', 0, { phase: 'intent', took_ms: null })] });
  await writeFile(path.join(folder, 'deployments.json'), JSON.stringify({ ...told, deployments: [begun, ...told.deployments] }));
  await expect(page.getByRole('row', { name: /back to what ran before/ })).toContainText('under way');
});

test('where nothing was deployed it says what to do', async ({ page, signIn }) => {
  await signIn('ada', 'super_admin');
  await page.goto('/admin/deployments');
  await expect(page.getByText('Nothing was deployed yet')).toBeVisible();
  await expect(button(page)).toHaveCount(0);
  await expectAccessible(page);
});
