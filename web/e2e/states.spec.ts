/** Every view in each of its states: on its way, refused, empty, without a network. What is not the server's own, an interceptor says. */
import type { BrowserContext, Locator, Page } from '@playwright/test';

import { expectKept } from './harness/kept';
import { expect, test } from './harness/test';
import { VIEWS, type Part, type View } from './harness/views';

/** So many tabs are looked at side by side: most of the time is waited for the next try. */
const TABS = 6;
const PROBLEM = { type: 'about:blank', title: 'The shelf is locked', detail: 'Somebody has the key.', status: 500, request_id: '0199c0de-0000-7000-8000-00000000cafe' };

const place = (page: Page, part: Part): Locator => part.within?.(page) ?? page.getByRole('main');
const isOf = (parts: Part[]) => (url: URL) => url.pathname.startsWith('/api/') && parts.some(({ asks }) => asks.test(url.pathname));

/** Looks at each of these views in a tab of its own. */
async function walk(page: Page, views: View[], look: (tab: Page, view: View, address: string) => Promise<void>): Promise<void> {
  const addresses: string[] = [];
  for (const { address } of views) addresses.push(typeof address === 'string' ? address : await address(page));
  const context: BrowserContext = page.context();
  for (let first = 0; first < views.length; first += TABS) {
    await Promise.all(
      views.slice(first, first + TABS).map(async (view, index) => {
        const tab = await context.newPage();
        await test.step(view.name, () => look(tab, view, addresses[first + index]!));
        await tab.close();
      }),
    );
  }
}

test.describe('with a network', () => {
  test.use({ as: 'super_admin', serviceWorkers: 'block' });

  test('every view says that it is on its way, then why it does not come, and comes when asked again', async ({ page, watch }) => {
    test.slow();
    watch.expect(/status of 500/);
    await walk(page, VIEWS, async (tab, { open, parts }, address) => {
      let refuse = () => {};
      const refused = new Promise<void>((done) => (refuse = done));
      const isOurs = isOf(parts);
      await tab.route(isOurs, async (route) => {
        if (route.request().method() !== 'GET') return route.fallback();
        await refused;
        await route.fulfill({ status: 500, contentType: 'application/problem+json', body: JSON.stringify(PROBLEM) });
      });
      await tab.goto(address);
      await open?.(tab);
      for (const part of parts) await expect(place(tab, part).getByText('Loading …').first()).toBeAttached();
      refuse();
      for (const part of parts) {
        const failure = place(tab, part).getByRole('alert').first();
        await expect(failure).toContainText(PROBLEM.title);
        await expect(failure).toContainText(PROBLEM.detail);
        await expect(failure).toContainText(PROBLEM.request_id);
      }
      await tab.unroute(isOurs);
      for (const part of parts) {
        await place(tab, part).getByRole('button', { name: 'Try again' }).first().click();
        await expect(place(tab, part).getByRole('alert')).toHaveCount(0);
      }
      await expect(tab.getByText('Loading …')).toHaveCount(0);
    });
  });

  test('every view that may be empty says so, and what to do', async ({ page }) => {
    test.slow();
    const views = VIEWS.flatMap((view) => {
      const parts = view.parts.filter(({ empty }) => empty);
      return parts.length === 0 ? [] : [{ ...view, parts }];
    });
    await walk(page, views, async (tab, { open, parts }, address) => {
      for (const { asks, empty } of parts) {
        await tab.route(isOf([{ asks }]), (route) => (route.request().method() === 'GET' ? route.fulfill({ json: empty?.[0] }) : route.fallback()));
      }
      await tab.goto(address);
      await open?.(tab);
      for (const part of parts) await expect(place(tab, part).getByText(part.empty?.[1] ?? '').first()).toBeVisible();
      await expect(tab.getByRole('alert')).toHaveCount(0);
    });
  });
});

test.describe('without a network', () => {
  test.use({ as: 'super_admin' });

  test('every view shows what this device kept, or says that it kept nothing; it comes by itself with the network', async ({ page, context, watch }) => {
    test.slow();
    watch.expect(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/, /Failed to fetch/, /WebSocket/);
    const views = VIEWS.filter(({ parts }) => !parts.some(({ isInside }) => isInside));
    await page.goto('/');
    await page.evaluate(async () => (await navigator.serviceWorker.ready).active?.state);
    // From now on what is read goes through what keeps it.
    await page.reload();
    await expectKept(page, ['/api/v1/auth/me', '/api/v1/sources', '/api/v1/workspaces']);
    await context.setOffline(true);
    await walk(page, views, async (tab, { open, parts }, address) => {
      await tab.goto(address);
      await expect(tab.getByRole('status').getByText('You are offline')).toBeVisible();
      await open?.(tab);
      for (const part of parts) {
        const failure = place(tab, part).getByRole('alert');
        if (part.isKept) await expect(failure).toHaveCount(0);
        else await expect(failure.first()).toContainText('This is not kept on this device.');
      }
      await expect(tab.getByText('Loading …')).toHaveCount(0);
    });
    await page.goto('/admin/audit');
    await expect(page.getByRole('alert')).toContainText('This is not kept on this device.');
    await context.setOffline(false);
    await expect(page.getByRole('table', { name: 'Audit log' })).toBeVisible();
  });
});
