/** How a page looks: sizes, both themes, accessibility. */
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

export const SIZES = {
  narrow: { width: 320, height: 640 },
  phone: { width: 390, height: 844 },
  desktop: { width: 1440, height: 900 },
  huge: { width: 3840, height: 2160 },
} as const;

export const THEMES = ['light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

/** As somebody sees it whose machine is set to this theme. */
async function inTheme(page: Page, theme: Theme): Promise<void> {
  await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', theme);
}

/** axe finds nothing, in both themes, on the narrowest screen and on the widest; and nothing is wider than the window at any size. */
export async function expectAccessible(page: Page): Promise<void> {
  const before = page.viewportSize() ?? SIZES.desktop;
  for (const [name, size] of Object.entries(SIZES)) {
    await page.setViewportSize(size);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overflow, `wider than the window (${name})`).toBeLessThanOrEqual(0);
    for (const theme of name === 'narrow' || name === 'huge' ? THEMES : []) {
      await inTheme(page, theme);
      const { violations } = await new AxeBuilder({ page }).analyze();
      const found = violations.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map((node) => `  ${node.html}`).join('\n')}`);
      expect(found, `axe, ${name}, ${theme}`).toEqual([]);
    }
  }
  await page.setViewportSize(before);
}

/** Pictures of the page, on a phone and on a desktop, light and dark, kept in test-results/pages. */
export async function takePictures(page: Page, name: string): Promise<void> {
  const before = page.viewportSize() ?? SIZES.desktop;
  for (const size of ['phone', 'desktop'] as const) {
    await page.setViewportSize(SIZES[size]);
    for (const theme of THEMES) {
      await inTheme(page, theme);
      await page.screenshot({ path: `test-results/pages/${name}-${size}-${theme}.png`, animations: 'disabled' });
    }
  }
  await page.setViewportSize(before);
}
