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
