/** People: links that PAKE hands out, what each role sees, and what is stored about one. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { expectAccessible, takePictures } from './harness/look';
import { expect, test } from './harness/test';

const PASSWORD = 'seven odd kettles hum';

test.describe('links', () => {
  test.use({ settings: { PAKE_MAIL__KIND: 'file' } });

  test('an invitation makes an account, and a forgotten password is set anew by the link in the mail', async ({ page, pake, signIn, watch }) => {
    watch.expect(/status of 401/);
    await signIn('ada', 'super_admin');
    const csrf = (await page.context().cookies()).find(({ name }) => name === 'pake_csrf')?.value ?? '';
    const invited = await page.request.post('/api/v1/invitations', { data: { role: 'user' }, headers: { 'x-csrf-token': csrf, 'sec-fetch-site': 'same-origin' } });
    expect(invited.status(), await invited.text()).toBe(201);
    const { token } = (await invited.json()) as { token: string };
    await page.context().clearCookies();

    await page.goto(`/join#${token}`);
    await expect(page).toHaveURL('/join');
    await takePictures(page, 'join');
    await expectAccessible(page);
    await page.getByLabel('Name to sign in with').fill('grace');
    await page.getByLabel('E-mail (optional)').fill('grace@example.org');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Make the account' }).click();
    await expect(page.getByRole('button', { name: 'Account of grace' })).toBeVisible();

    await page.context().clearCookies();
    await page.goto('/reset');
    await page.getByLabel('Name or e-mail').fill('grace');
    await page.getByRole('button', { name: 'Mail me a link' }).click();
    await expect(page.getByRole('heading', { name: 'Look into your mail' })).toBeVisible();
    const folder = path.join(pake.folder, 'data', 'mail');
    let link: string | undefined;
    await expect(async () => {
      const mails = await Promise.all((await readdir(folder)).map((name) => readFile(path.join(folder, name), 'utf8')));
      link = /#(pake_ln_[\w-]+,reset)/.exec(mails.join('\n').replaceAll(/=\r?\n/g, ''))?.[1];
      expect(link).toBeDefined();
    }).toPass();
    await page.goto(`/join#${link ?? ''}`);
    await page.getByLabel('New password').fill(`${PASSWORD} twice`);
    await page.getByRole('button', { name: 'Set the password' }).click();
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('Name or e-mail').fill('grace');
    await page.getByLabel('Password', { exact: true }).fill(`${PASSWORD} twice`);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(page.getByRole('button', { name: 'Account of grace' })).toBeVisible();
  });
});

for (const [role, governs, makesWorkspaces] of [
  ['viewer', false, false],
  ['user', false, false],
  ['super_admin', true, true],
] as const) {
  test.describe(`a ${role}`, () => {
    test.use({ as: role });

    test('sees what they may do, and nothing else', async ({ page }) => {
      await page.goto('/account/profile');
      await expect(page.getByRole('heading', { name: 'Workspaces' })).toBeVisible();
      await expect(page.getByRole('button', { name: `Account of ${role}` })).toBeVisible();
      await expect(page.getByRole('link', { name: 'Administration' })).toHaveCount(governs ? 1 : 0);
      await expect(page.getByRole('button', { name: 'Make a workspace' })).toHaveCount(makesWorkspaces ? 1 : 0);
    });
  });
}

test.describe('what is stored about one', () => {
  test.use({ as: 'user' });

  test('is taken away as an archive, once', async ({ page }) => {
    await page.goto('/account/privacy');
    await takePictures(page, 'account-privacy');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Ask for an archive' }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    const archive = await download;
    expect(archive.suggestedFilename()).toMatch(/^pake-export-[\d-]+\.zip$/);
    const bytes = await readFile(await archive.path());
    expect(bytes.subarray(0, 2).toString()).toBe('PK');
    await expect(page.getByText('Taken', { exact: true })).toBeVisible();
  });
});

test('an account is to be deleted, waits, and stays after all', async ({ page, signIn, watch }) => {
  watch.expect(/status of 403/);
  const bob = await signIn('bob', 'user');
  await page.goto('/account/privacy');
  await page.getByRole('button', { name: 'Delete my account' }).click();
  await page.getByLabel('To confirm, type bob').fill('bob');
  await page.getByLabel('Your password').fill(bob.password);
  await page.getByRole('button', { name: 'Delete it' }).click();
  await expect(page.getByText(/^Your account is deleted on/)).toBeVisible();
  await page.getByRole('button', { name: 'Keep my account' }).click();
  await expect(page.getByRole('button', { name: 'Delete my account' })).toBeVisible();
});
