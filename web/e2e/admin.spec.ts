/** The administration: what each role meets, what is done to people, and what is told while it happens. */
import { expect, test } from './harness/test';

const ALL = ['Overview', 'Users', 'Workspaces', 'Invitations', 'Sources', 'Jobs', 'Audit log', 'Security events', 'Sessions', 'Use', 'Maintenance', 'Configuration', 'Deployments', 'Versions'];

test.describe('roles', () => {
  for (const [role, sections] of [
    ['manager', ['Users', 'Invitations', 'Sources', 'Use']],
    ['admin', ALL.filter((section) => !['Audit log', 'Maintenance', 'Configuration', 'Deployments', 'Versions'].includes(section))],
    ['super_admin', ALL],
  ] as const) {
    test(`${role} meets the sections that are theirs, and each answers`, async ({ page, signIn }) => {
      await signIn('somebody', role);
      await page.goto('/admin');
      const links = page.getByRole('navigation', { name: 'Sections of the administration' }).getByRole('link');
      await expect(links).toHaveText([...sections]);
      for (const section of sections) {
        await links.getByText(section, { exact: true }).click();
        await expect(page.getByRole('heading', { level: 2 }).first()).toBeVisible();
        await expect(page.getByRole('alert')).toHaveCount(0);
      }
    });
  }

  test('whoever governs nothing is not led there, and told so when they go there', async ({ page, signIn, watch }) => {
    watch.expect(/403 \(Forbidden\)/);
    await signIn('vera', 'viewer');
    await page.goto('/');
    await expect(page.getByRole('link', { name: 'History' }).first()).toBeVisible();
    await expect(page.getByRole('link', { name: 'Administration' })).toHaveCount(0);
    await page.goto('/admin/users');
    await expect(page.getByRole('alert')).toContainText('user:read');
  });
});

test.describe('an operator', () => {
  test.use({ as: 'super_admin' });

  test('keeps somebody out, for a reason that stands in the audit log; their session is over at once', async ({ page, pake, playwright }) => {
    const mary = await pake.account('mary', 'user');
    const elsewhere = await playwright.request.newContext({ baseURL: pake.origin });
    expect((await elsewhere.post('/api/v1/auth/login', { data: { ...mary, session: 'cookie' } })).status()).toBe(200);
    await page.goto('/admin/users');
    await page.getByRole('link', { name: 'mary' }).click();
    await page.getByRole('button', { name: 'Keep out' }).click();
    const dialog = page.getByRole('dialog', { name: 'Keep mary out?' });
    await expect(dialog.getByRole('button', { name: 'Keep out' })).toBeDisabled();
    await dialog.getByLabel('Why?').fill('has left the laboratory');
    await dialog.getByLabel('Why?').press('Enter');
    await expect(page.getByText('kept out', { exact: true })).toBeVisible();
    expect((await elsewhere.get('/api/v1/auth/me')).status()).toBe(401);
    await page.getByRole('link', { name: 'Audit log' }).click();
    const deed = page.getByRole('row', { name: /account\.deactivated/ });
    await deed.getByText('Details').click();
    await expect(deed).toContainText('has left the laboratory');
    await page.getByRole('button', { name: 'Verify' }).click();
    await expect(page.getByText(/^Whole: all \d+ rows/)).toBeVisible();
    const downloaded = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download (NDJSON)' }).click();
    expect((await downloaded).suggestedFilename()).toMatch(/^pake-audit-.*\.ndjson$/);
    await elsewhere.dispose();
  });

  test('passes on a link to a new password, which is shown once and works', async ({ page, pake, playwright }) => {
    await pake.account('emmy', 'user');
    await page.goto('/admin/users?q=emmy');
    await page.getByRole('link', { name: 'emmy' }).click();
    await page.getByRole('button', { name: 'Reset password' }).click();
    await page.getByRole('dialog').getByLabel('Why?').fill('forgot it');
    await page.getByRole('dialog').getByRole('button', { name: 'Reset password' }).click();
    const link = await page.getByText(/#.*reset/).textContent();
    const token = /#([^,]+)/.exec(link ?? '')?.[1];
    const elsewhere = await playwright.request.newContext({ baseURL: pake.origin });
    const next = 'seven green rivers at dusk';
    expect((await elsewhere.post('/api/v1/auth/password/reset', { data: { token, new_password: next } })).ok()).toBe(true);
    expect((await elsewhere.post('/api/v1/auth/login', { data: { username: 'emmy', password: next } })).status()).toBe(200);
    await page.reload();
    await expect(page.getByRole('heading', { name: 'emmy' })).toBeVisible();
    await expect(page.getByText(/#.*reset/)).toHaveCount(0);
    await elsewhere.dispose();
  });

  test('invites somebody, and takes it back', async ({ page }) => {
    await page.goto('/admin/invitations');
    await page.getByLabel('Mail').fill('rosalind@example.org');
    await page.getByRole('button', { name: 'Invite' }).click();
    await expect(page.getByText(/\/join#/)).toBeVisible();
    const row = page.getByRole('row', { name: /rosalind@example\.org/ });
    await row.getByRole('button', { name: 'Take back' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click();
    await expect(page.getByText('Nobody is invited')).toBeVisible();
  });

  test('has the database backed up and sees it done; the job is in the list', async ({ page }) => {
    await page.goto('/admin/maintenance');
    await page.getByRole('button', { name: 'Begin: Back up the database' }).click();
    await expect(page.getByRole('status', { name: 'Progress' })).toContainText('backups/pake-');
    await page.getByRole('link', { name: 'Jobs' }).click();
    await expect(page.getByRole('row', { name: /Back up the database/ })).toContainText('done');
  });

  test('makes a workspace, sets it up and deletes it', async ({ page }) => {
    await page.goto('/admin/workspaces');
    await page.getByLabel('Name').fill('Bletchley');
    await page.getByLabel('Name').press('Enter');
    await page.getByLabel('Days that searches are kept').fill('30');
    await page.getByLabel('Searches, a second').fill('2');
    await page.getByLabel('Searches, at once').fill('5');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText('The settings are saved')).toBeVisible();
    await page.reload();
    await expect(page.getByLabel('Searches, at once')).toHaveValue('5');
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByLabel(/Type/).fill('Bletchley');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await expect(page).toHaveURL(/\/admin\/workspaces$/);
    await expect(page.getByRole('link', { name: 'Bletchley' })).toHaveCount(0);
  });

  test('is told live how PAKE is, and of a failed sign-in as it happens', async ({ page, pake, playwright }) => {
    await page.goto('/admin/dashboard');
    await expect(page.getByText(/told live/)).toBeVisible();
    await expect(page.getByRole('img', { name: /^Live connections: now 1, between 1 and 1/ })).toBeVisible();
    await expect(page.getByText('Failed sign-in')).toHaveCount(0);
    const stranger = await playwright.request.newContext({ baseURL: pake.origin });
    await stranger.post('/api/v1/auth/login', { data: { username: 'super_admin', password: 'not the right one' } });
    await expect(page.getByText('Failed sign-in')).toBeVisible();
    await page.getByRole('link', { name: 'All open events' }).click();
    await page.getByRole('row', { name: /Failed sign-in/ }).getByRole('button', { name: 'Mark as dealt with' }).click();
    await expect(page.getByRole('row', { name: /Failed sign-in/ })).toHaveCount(0);
    await stranger.dispose();
  });

  test('reads the people as a table', async ({ page }) => {
    await page.goto('/admin/users');
    await expect(page.getByRole('table', { name: 'Users' })).toMatchAriaSnapshot(`
      - table "Users":
        - rowgroup:
          - row "Name Mail Role State Last seen Since"
        - rowgroup:
          - row /super_admin .* Operator may sign in/:
            - rowheader "super_admin super_admin":
              - link "super_admin"
    `);
  });
});
