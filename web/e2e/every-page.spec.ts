/** Every page of the app, as whoever may see it, in every size and theme: axe finds nothing, nothing is wider than the window. */
import type { Page } from '@playwright/test';

import { ask } from './harness/ask';
import { expectAccessible, takePictures } from './harness/look';
import { expect, test } from './harness/test';
import type { Role } from './harness/pake';

/** A part of an address that is only known once there is something. */
type Found = (page: Page) => Promise<string>;
type Pages = Record<string, string | Found>;

const QUESTION = 'deep learning';

async function me(page: Page): Promise<{ user_id: string; tenant_id: string }> {
  return (await (await page.request.get('/api/v1/auth/me')).json()) as { user_id: string; tenant_id: string };
}

const account = (...tabs: string[]): Pages => Object.fromEntries(tabs.map((tab) => [`account-${tab}`, `/account/${tab}`]));
const admin = (...sections: string[]): Pages => Object.fromEntries(sections.map((section) => [`admin-${section}`, `/admin/${section}`]));

const PAGES: Partial<Record<'anybody' | Role, Pages>> = {
  // Nobody has an account yet: whoever is at this machine may do everything.
  anybody: {
    search: '/',
    results: async (page) => `/?q=${encodeURIComponent(QUESTION)}&id=${await ask(page, QUESTION)}`,
    'history-empty': '/history',
    history: async (page) => {
      await ask(page, QUESTION);
      return '/history';
    },
    'history-entry': async (page) => {
      await ask(page, QUESTION);
      return `/history/${await ask(page, QUESTION, { refresh: true, limit: 5 })}`;
    },
    'history-missing': '/history/00000000-0000-7000-8000-000000000001',
    'insights-empty': '/insights',
    insights: async (page) => {
      await ask(page, QUESTION);
      return '/insights';
    },
    'not-found': '/there/is/nothing/here',
    welcome: '/welcome',
    'sign-in': '/sign-in',
    join: '/join',
    reset: '/reset',
  },
  viewer: { 'viewer-history': '/history', 'viewer-profile': '/account/profile', 'viewer-search': '/' },
  super_admin: {
    ...account('profile', 'security', 'sessions', 'tokens', 'preferences', 'notifications', 'appearance', 'privacy'),
    ...admin('dashboard', 'users', 'workspaces', 'invitations', 'sources', 'jobs', 'audit', 'security-events', 'sessions', 'analytics', 'maintenance', 'configuration', 'deployments', 'versions'),
    'admin-user': async (page) => `/admin/users/${(await me(page)).user_id}`,
    'admin-workspace': async (page) => `/admin/workspaces/${(await me(page)).tenant_id}`,
  },
};

for (const [role, pages] of Object.entries(PAGES) as ['anybody' | Role, Pages][]) {
  test.describe(`as ${role}`, () => {
    test.use({ as: role });
    for (const [name, address] of Object.entries(pages)) {
      test(`${name} is for everybody, in every size and theme`, async ({ page, watch }) => {
        test.slow();
        // What is not there is told to the page with a 404, which the browser calls an error.
        if (name === 'history-missing') watch.expect(/status of 404/);
        await page.goto(typeof address === 'string' ? address : await address(page));
        await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
        // Nothing is on its way any more: neither words nor numbers.
        await expect(page.getByText('Loading …')).toHaveCount(0);
        await takePictures(page, name);
        await expectAccessible(page);
      });
    }
  });
}
