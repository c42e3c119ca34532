/** What every test in a browser gets: a server of its own, its sources answered by the stand-in, and somebody to be. */
import { expect, test as base } from '@playwright/test';

import { type Account, Pake, type Role } from './pake';
import { SIZES } from './look';
import { StandIn } from './stand-in';
import { Watch } from './watch';

type Options = {
  /** Environment variables of the server. */
  settings: Record<string, string>;
  /** Who uses the browser: nobody needs an account, or somebody of this role has signed in. */
  as: 'anybody' | Role;
};

type Fixtures = {
  sources: StandIn;
  pake: Pake;
  watch: Watch;
  /** Makes an account and signs the browser in with it. */
  signIn: (username: string, role: Role) => Promise<Account>;
};

export const test = base.extend<Options & Fixtures>({
  settings: [{}, { option: true }],
  as: ['anybody', { option: true }],
  viewport: SIZES.desktop,
  sources: async ({}, use) => {
    const sources = await StandIn.start();
    await use(sources);
    await sources.end();
  },
  pake: async ({ sources, settings }, use) => {
    const pake = await Pake.start({ ...sources.variables, ...settings });
    await use(pake);
    await pake.end();
  },
  baseURL: async ({ pake }, use) => use(pake.origin),
  watch: [
    async ({ context }, use) => {
      const watch = new Watch(context);
      await use(watch);
      expect(watch.surprises, 'what went wrong in the browser').toEqual([]);
    },
    { auto: true },
  ],
  signIn: async ({ pake, context }, use) => {
    await use(async (username, role) => {
      const account = await pake.account(username, role);
      // A running server looks once a second whether there are accounts.
      await expect.poll(async () => (await context.request.get(`${pake.origin}/api/v1/history`)).status()).toBe(401);
      const signedIn = await context.request.post(`${pake.origin}/api/v1/auth/login`, { data: { ...account, session: 'cookie' } });
      expect(signedIn.status(), await signedIn.text()).toBe(200);
      return account;
    });
  },
  page: async ({ page, as, signIn }, use) => {
    if (as !== 'anybody') await signIn(as, as);
    await use(page);
  },
});

export { expect };
