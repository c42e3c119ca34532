/** THE TABLE of views: every page, and every part of a page that asks the server for something of its own. */
import type { Locator, Page } from '@playwright/test';

import { ask } from './ask';

export type Part = {
  /** What it asks for, as the end of a path of the API. */
  asks: RegExp;
  /** Where it stands; nothing: anywhere on the page. */
  within?: (page: Page) => Locator;
  /** An answer in which there is nothing, and what it says then. What is never empty has none. */
  empty?: [answer: unknown, says: string | RegExp];
  /** This device keeps the last answer, and shows it without a network. */
  isKept?: boolean;
  /** Stands in a page that without a network is not there itself. */
  isInside?: boolean;
};

export type View = {
  name: string;
  address: string | ((page: Page) => Promise<string>);
  parts: Part[];
  /** What has to be done before it is there. */
  open?: (page: Page) => Promise<void>;
};

const region = (name: string | RegExp) => (page: Page) => page.getByRole('region', { name, exact: true });
const step = (name: string) => (page: Page) => page.getByRole('listitem', { name, exact: true });
const dialog = (page: Page) => page.getByRole('dialog');

const QUESTION = 'deep learning';

async function me(page: Page): Promise<{ user_id: string; tenant_id: string }> {
  return (await (await page.request.get('/api/v1/auth/me')).json()) as { user_id: string; tenant_id: string };
}

const answer = async (page: Page) => `/?q=${encodeURIComponent(QUESTION)}&id=${await ask(page, QUESTION)}`;
const entry = async (page: Page) => {
  await ask(page, QUESTION);
  return `/history/${await ask(page, QUESTION, { refresh: true, limit: 5 })}`;
};

const ownWorkspace = async (page: Page) => `/admin/workspaces/${(await me(page)).tenant_id}`;

const one = (name: string, address: View['address'], part: Part): View => ({ name, address, parts: [part] });
/** A page of the administration that is one list. */
const list = (section: string, asks: RegExp, within: string, empty?: Part['empty']): View => one(section, `/admin/${section}`, { asks, within: region(within), ...(empty && { empty }) });

export const VIEWS: View[] = [
  {
    name: 'what is asked, beside the box',
    address: '/',
    open: (page) => page.getByRole('button', { name: 'What is asked' }).click(),
    parts: [{ asks: /\/sources$/, within: dialog, empty: [{ sources: [] }, /No source can be asked/], isKept: true }],
  },
  {
    name: 'versions of a work',
    address: answer,
    open: async (page) => {
      const card = page.getByRole('article').first();
      await card.getByRole('button', { name: /source/ }).click();
      await card.getByRole('button', { name: /^Compare/ }).click();
    },
    parts: [{ isInside: true, asks: /\/searches\/[^/]+\/records$/, within: dialog }],
  },
  {
    name: 'merges that were undone',
    address: answer,
    open: async (page) => {
      await page.getByRole('button', { name: 'More', exact: true }).click();
      await page.getByRole('menuitem', { name: 'Merges that were undone' }).click();
    },
    parts: [{ isInside: true, asks: /\/splits$/, within: dialog, empty: [{ splits: [] }, 'No merge was undone'] }],
  },
  one('history', '/history', { asks: /\/history$/, empty: [{ entries: [] }, 'Nothing was asked yet'] }),
  one('a search of the history', entry, { asks: /\/history\/[^/]{36}$/ }),
  one('what has changed', entry, { isInside: true, asks: /\/history$/, within: region('What has changed'), empty: [{ entries: [] }, /no other kept answer/] }),
  one('works of a search', entry, { isInside: true, asks: /\/searches\/[^/]{36}$/, within: region(/works? found$/) }),
  one('insights', '/insights', { asks: /\/history\/analytics$/, empty: [{ total_searches: 0 }, 'Nothing to count yet'] }),
  one('the latest searches', '/insights', { isInside: true, asks: /\/history$/ }),
  one('what others ask', '/insights', { isInside: true, asks: /\/history\/popular$/ }),
  one('profile', '/account/profile', { asks: /\/auth\/me$/, within: region('Profile'), isKept: true }),
  one('workspaces', '/account/profile', { asks: /\/workspaces$/, within: region('Workspaces'), isKept: true }),
  one('security', '/account/security', { asks: /\/auth\/mfa$/, within: region('Sign-in and security') }),
  one('passkeys', '/account/security', { isInside: true, asks: /\/auth\/passkeys$/, within: region('Passkeys'), empty: [{ passkeys: [] }, 'No passkeys yet'] }),
  one('sessions', '/account/sessions', { asks: /\/auth\/sessions$/, within: region('Sessions') }),
  one('tokens', '/account/tokens', { asks: /\/auth\/tokens$/, within: region('API tokens'), empty: [{ tokens: [] }, 'No tokens yet'] }),
  one('preferences', '/account/preferences', { asks: /\/user\/preferences$/, within: region('Preferences') }),
  one('sources that are preferred', '/account/preferences', { isInside: true, asks: /\/sources$/, within: region('Sources') }),
  one('notifications', '/account/notifications', { asks: /\/user\/preferences$/, within: region('Notifications') }),
  {
    name: 'privacy',
    address: '/account/privacy',
    parts: [
      { asks: /\/user\/preferences$/, within: region('What is kept and shown') },
      { asks: /\/user\/export$/, within: region('All that is stored about you'), empty: [{ exports: [] }, /An archive \(ZIP\)/] },
      { asks: /\/user\/delete$/, within: region('Privacy') },
    ],
  },
  {
    name: 'dashboard',
    address: '/admin/dashboard',
    parts: [
      { asks: /\/admin\/system\/health$/, within: region('Now') },
      { asks: /\/admin\/dashboard$/, within: region('The last seven days') },
      { asks: /\/sources$/, within: region('Sources that are asked'), empty: [{ sources: [] }, 'No source is asked'], isKept: true },
      { asks: /\/admin\/security-events$/, within: region('Open security events'), empty: [{ events: [] }, 'Nothing is waiting to be dealt with'] },
      { asks: /\/admin\/jobs$/, within: region('Latest jobs'), empty: [{ jobs: [] }, 'No jobs'] },
    ],
  },
  list('users', /\/admin\/users$/, 'Users', [{ users: [] }, 'Nobody is like that']),
  one('user', async (page) => `/admin/users/${(await me(page)).user_id}`, { asks: /\/admin\/users\/[^/]+$/ }),
  one('workspaces of the installation', '/admin/workspaces', { asks: /\/workspaces$/, within: region('Workspaces'), isKept: true }),
  one('workspace', ownWorkspace, { asks: /\/workspaces\/[^/]+$/ }),
  one('members of a workspace', ownWorkspace, { isInside: true, asks: /\/workspaces\/[^/]+\/members$/, empty: [{ members: [] }, 'Nobody is in it'] }),
  one('sources of a workspace', ownWorkspace, { isInside: true, asks: /\/sources$/, within: region('Settings') }),
  list('invitations', /\/invitations$/, 'Invitations', [{ invitations: [] }, 'Nobody is invited']),
  one('sources', '/admin/sources', { asks: /\/sources$/, within: region('Sources'), empty: [{ sources: [] }, 'No source is asked'], isKept: true }),
  list('jobs', /\/admin\/jobs$/, 'Jobs', [{ jobs: [] }, 'No jobs']),
  list('audit', /\/admin\/audit$/, 'Audit log', [{ entries: [] }, 'Nothing of that kind was done']),
  list('security-events', /\/admin\/security-events$/, 'Security events', [{ events: [] }, 'No such events']),
  list('sessions', /\/admin\/sessions$/, 'Sessions', [{ sessions: [] }, 'Nobody is signed in']),
  list('analytics', /\/admin\/system\/analytics$/, 'Use', [{ days: [] }, 'Nothing was used in this time']),
  list('maintenance', /\/admin\/retention\/preview$/, 'Maintenance'),
  list('configuration', /\/admin\/config$/, 'Configuration', [{ settings: [] }, 'No such setting']),
  list('deployments', /\/admin\/deployments$/, 'Deployments', [{ is_set_up: true, deployments: [] }, 'Nothing was deployed yet']),
  list('versions', /\/admin\/system\/health$/, 'Versions'),
  one('settings, at first', '/welcome', { asks: /\/admin\/config$/, within: step('Settings') }),
  one('the contact address, at first', '/welcome', { asks: /\/admin\/settings$/, within: step('A contact address'), isInside: true }),
  one('sources, at first', '/welcome', { asks: /\/sources$/, within: step('Sources and keys'), isKept: true }),
];
