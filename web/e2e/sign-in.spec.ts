/** Signing in: by password, with a second factor, with a passkey; and what the ways in look like. */
import type { Page } from '@playwright/test';

import { expectAccessible, takePictures } from './harness/look';
import type { Account } from './harness/pake';
import { codeOf, giveAuthenticator } from './harness/proof';
import { expect, test } from './harness/test';

test.beforeEach(({ watch }) => {
  // The browser itself complains of each 401, and there is one before somebody has signed in.
  watch.expect(/status of 401/);
});

async function typePassword(page: Page, { username, password }: Account) {
  await page.getByLabel('Name or e-mail').fill(username);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

async function signOut(page: Page, username: string) {
  await page.getByRole('button', { name: `Account of ${username}` }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/sign-in/);
}

test('whoever is not signed in signs in first, and comes to where they wanted to go', async ({ page, pake }) => {
  const ada = await pake.account('ada', 'user');
  await expect(async () => {
    await page.goto('/history?q=graphene');
    await expect(page).toHaveURL(/\/sign-in\?back=/, { timeout: 1000 });
  }).toPass();
  await takePictures(page, 'sign-in');
  await expectAccessible(page);
  await typePassword(page, { ...ada, password: 'not the password' });
  await expect(page.getByRole('alert')).toHaveText('Name or password is wrong.');
  await typePassword(page, ada);
  await expect(page).toHaveURL('/history?q=graphene');
  await signOut(page, 'ada');
});

test('an authenticator app is set up, and its code or a recovery code is wanted from then on', async ({ page, signIn }) => {
  const ada = await signIn('ada', 'user');
  await page.goto('/account/security');
  await page.getByRole('button', { name: 'Set up an app' }).click();
  await page.getByLabel('Your password').fill(ada.password);
  await page.getByRole('button', { name: 'Go on' }).click();
  const secret = await page.getByRole('dialog').locator('code').innerText();
  await page.getByLabel('Code').fill(codeOf(secret));
  await page.getByRole('button', { name: 'Switch it on' }).click();
  const codes = page.getByRole('group', { name: 'Your recovery codes' });
  const recovery = await codes.getByRole('listitem').first().innerText();
  await codes.getByRole('button', { name: 'I have kept them' }).click();
  await takePictures(page, 'account-security');
  await expectAccessible(page);

  await signOut(page, 'ada');
  await typePassword(page, ada);
  // Each code is good once: the next one.
  await page.getByLabel('Code').fill(codeOf(secret, 1));
  await expect(page.getByRole('button', { name: 'Account of ada' })).toBeVisible();

  await signOut(page, 'ada');
  await typePassword(page, ada);
  await page.getByRole('button', { name: 'Use a recovery code' }).click();
  await page.getByLabel('Recovery code').fill(recovery);
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByRole('button', { name: 'Account of ada' })).toBeVisible();
});

test('a passkey is made, and signs in alone', async ({ page, signIn }) => {
  await giveAuthenticator(page);
  const ada = await signIn('ada', 'user');
  await page.goto('/account/security');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByLabel('What you call it').fill('Laptop');
  await page.getByLabel('Your password').fill(ada.password);
  await page.getByRole('button', { name: 'Make it' }).click();
  await expect(page.getByText('Laptop', { exact: true })).toBeVisible();
  await signOut(page, 'ada');
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await expect(page.getByRole('button', { name: 'Account of ada' })).toBeVisible();
});
