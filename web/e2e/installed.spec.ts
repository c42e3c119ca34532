/** PAKE as an app of the machine: what a browser wants of it to install it, and what it is without a network. */
import { ask } from './harness/ask';
import { expectKept } from './harness/kept';
import { expect, test } from './harness/test';

type Manifest = {
  name: string;
  start_url: string;
  display: string;
  icons: { src: string; sizes: string; type: string; purpose?: string }[];
  shortcuts: { name: string; url: string }[];
  share_target: { action: string; method: string; params: { text: string } };
};

test('a browser can install it: what its manifest names is there', async ({ page }) => {
  await page.goto('/');
  const address = await page.locator('link[rel=manifest]').getAttribute('href');
  const manifest = (await (await page.request.get(address ?? '')).json()) as Manifest;
  expect(manifest).toMatchObject({ name: 'PAKE', start_url: '/', display: 'standalone' });
  for (const { src, sizes, type } of manifest.icons.filter((icon) => icon.sizes !== 'any')) {
    const icon = await page.evaluate(async (src) => {
      const blob = await (await fetch(src)).blob();
      const { width, height } = await createImageBitmap(blob);
      return { sizes: `${width}x${height}`, type: blob.type };
    }, src);
    expect(icon, src).toEqual({ sizes, type });
  }
  expect(manifest.icons.map((icon) => icon.sizes)).toEqual(expect.arrayContaining(['192x192', '512x512', 'any']));
  expect(manifest.icons.some((icon) => icon.purpose === 'maskable')).toBe(true);
  expect(await page.evaluate(async () => (await navigator.serviceWorker.ready).scope)).toBe(new URL('/', page.url()).href);
});

test('its shortcuts lead to pages, and what another app shares is asked', async ({ page }) => {
  await page.goto('/');
  const address = await page.locator('link[rel=manifest]').getAttribute('href');
  const { shortcuts, share_target: share } = (await (await page.request.get(address ?? '')).json()) as Manifest;
  for (const { name, url } of shortcuts) {
    await page.goto(url);
    await expect(page.getByRole('link', { name, exact: true })).toHaveAttribute('aria-current', 'page');
  }
  await page.goto(`${share.action}?${new URLSearchParams({ [share.params.text]: 'crispr', title: 'A page' }).toString()}`);
  await expect(page.getByRole('combobox', { name: 'What are you looking for?' })).toHaveValue('crispr');
  await expect(page.getByRole('article').first()).toBeVisible();
});

test('a browser can search with it from its own bar', async ({ page, pake }) => {
  await page.goto('/');
  const address = await page.locator('link[rel=search]').getAttribute('href');
  const description = await page.request.get(address ?? '');
  expect(description.headers()['content-type']).toContain('opensearchdescription+xml');
  expect(await description.text()).toContain(`template="${pake.origin}/?q={searchTerms}"`);
});

test('without a network the frame and the history are there, as they were last', async ({ page, context, watch }) => {
  watch.expect(/ERR_INTERNET_DISCONNECTED/, /Failed to fetch/);
  await ask(page, 'deep learning');
  await page.goto('/history');
  await page.evaluate(async () => (await navigator.serviceWorker.ready).active?.state);
  // From now on what is read goes through what keeps it.
  await page.reload();
  await expect(page.getByRole('article', { name: 'deep learning' })).toBeVisible();
  await expectKept(page, ['/api/v1/history', '/api/v1/auth/me']);
  await context.setOffline(true);
  await page.reload();
  await expect(page.getByText('You are offline')).toBeVisible();
  await expect(page.getByRole('article', { name: 'deep learning' })).toBeVisible();
});
