/** What those hear who do not see the pages: the outline of each, as a screen reader has it. Numbers and times are of no matter. */
import type { Page } from '@playwright/test';

import { ask } from './harness/ask';
import { expect, test } from './harness/test';

const QUESTION = 'deep learning';

/** Goes there, and looks whether what is read is what is written in outline.spec.ts-snapshots. */
async function hear(page: Page, name: string, address: string): Promise<void> {
  await page.goto(address);
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
  await expect(page.getByText('Loading …')).toHaveCount(0);
  await expect(page.locator('body')).toMatchAriaSnapshot({ name: `${name}.aria.yml` });
}

test('of the pages of a researcher', async ({ page }) => {
  await hear(page, 'search', '/');
  await hear(page, 'history-empty', '/history');
  await hear(page, 'insights-empty', '/insights');
  const id = await ask(page, QUESTION);
  await hear(page, 'answer', `/?q=${encodeURIComponent(QUESTION)}&id=${id}`);
  await hear(page, 'history', '/history');
  await hear(page, 'history-entry', `/history/${id}`);
  await hear(page, 'insights', '/insights');
});

test('of the pages at the door', async ({ page, pake, watch }) => {
  watch.expect(/status of 401/);
  await hear(page, 'not-found', '/there/is/nothing/here');
  await hear(page, 'welcome', '/welcome');
  await hear(page, 'join', '/join');
  await hear(page, 'reset', '/reset');
  await pake.account('ada', 'user');
  // A running server looks once a second whether there are accounts.
  await expect.poll(async () => (await page.request.get('/api/v1/history')).status()).toBe(401);
  await hear(page, 'sign-in', '/sign-in?back=%2F');
});

test.describe('of the pages of an operator', () => {
  test.use({ as: 'super_admin' });

  test('the account', async ({ page }) => {
    for (const tab of ['profile', 'security', 'sessions', 'tokens', 'preferences', 'notifications', 'appearance', 'privacy']) await hear(page, `account-${tab}`, `/account/${tab}`);
  });

  test('the administration', async ({ page }) => {
    const sections = ['dashboard', 'users', 'workspaces', 'invitations', 'sources', 'jobs', 'audit', 'security-events', 'sessions', 'analytics', 'maintenance', 'configuration', 'deployments', 'versions'];
    for (const section of sections) await hear(page, `admin-${section}`, `/admin/${section}`);
  });
});
