/** The pages as everybody meets them: what is at every address, in every size and theme. */
import { expectAccessible, takePictures } from './harness/look';
import { expect, test } from './harness/test';

test('whoever opens PAKE can ask at once, and every page is a page of its own', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
  await takePictures(page, 'search-empty');
  await expectAccessible(page);
});

test('a page that is reloaded anywhere is the same page', async ({ page }) => {
  await page.goto('/history');
  const title = await page.getByRole('heading', { level: 1 }).textContent();
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(title ?? '');
});

test('the part of a page that is open is in sight when the window becomes a phone', async ({ page }) => {
  await page.goto('/admin/versions');
  const open = page.getByRole('navigation').getByRole('link', { name: 'Versions' });
  await expect(open).toHaveAttribute('aria-current', 'page');
  await page.setViewportSize({ width: 390, height: 844 });
  await expect(open).toBeInViewport({ ratio: 1 });
});

test('what a page begins with is asked of the server once, and what is not opened is not loaded', async ({ page }) => {
  for (const address of ['/', '/history']) {
    const asked: string[] = [];
    const hear = (request: { url: () => string }) => asked.push(new URL(request.url()).pathname);
    page.on('request', hear);
    await page.goto(address);
    await expect(page.getByRole('button', { name: 'Theme' })).toBeVisible();
    // The last of what nobody waits for.
    await expect.poll(() => asked).toContain('/api/v1/workspaces');
    page.off('request', hear);
    for (const once of ['/api/v1/auth/me', '/api/v1/sources']) expect(asked.filter((path) => path === once), `${once} at ${address}`).toHaveLength(1);
    expect(asked.filter((path) => path.includes('popups'))).toEqual([]);
  }
  await page.getByRole('button', { name: 'Theme' }).click();
  await expect(page.getByRole('menuitem', { name: 'Dark' })).toBeVisible();
});
