/** Read from the right: with words, questions and works that are written so, nothing is wider than the window, and everything stands on its side. */
import type { Page } from '@playwright/test';

import { ask } from './harness/ask';
import { SIZES } from './harness/look';
import { expect, test } from './harness/test';

const ARABIC = 'التعلم العميق';
const HEBREW = 'למידה עמוקה deep learning';
/** What the recordings say, in Arabic and mixed. */
const TITLES: [string, string][] = [
  ['Lamps & light: effect of CO2: A trial', 'المصابيح والضوء: تأثير CO2 — تجربة سريرية مع تحليل (p < 0.05) للضوء الساطع في المختبرات'],
  ['A preprint of lamps', 'טיוטה על מנורות ואור 2024'],
  ['Journal of Lamps', 'مجلة المصابيح'],
  ['Ada Lichtmann', 'آدا ليختمان'],
];

const inArabic = (text: string) => TITLES.reduce((before, [english, other]) => before.replaceAll(english, other), text);

async function turn(page: Page, name: string, address: string): Promise<void> {
  await page.goto(address);
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
  await expect(page.getByText('Loading …')).toHaveCount(0);
  await page.evaluate(() => (document.documentElement.dir = 'rtl'));
  for (const size of ['narrow', 'desktop'] as const) {
    await page.setViewportSize(SIZES[size]);
    await page.screenshot({ path: `test-results/rtl/${name}-${size}.png`, animations: 'disabled' });
    const tooWide = await page.evaluate(() => {
      const scrolls = (part: Element): boolean => ['auto', 'scroll', 'hidden'].includes(getComputedStyle(part).overflowX) || (part.parentElement !== null && scrolls(part.parentElement));
      const standsOut = (part: Element) => part.getBoundingClientRect().width > 1 && part.getBoundingClientRect().left < -1;
      return {
        page: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        // What stands out on the left cannot be scrolled to, unless it is in a line that scrolls itself.
        parts: [...document.querySelectorAll('main *, header *')].filter((part) => standsOut(part) && !scrolls(part)).map((part) => part.outerHTML.slice(0, 120)),
      };
    });
    expect.soft(tooWide, `${name}, ${size}`).toEqual({ page: 0, parts: [] });
  }
}

test.use({ as: 'super_admin' });

test('every main page stands when it is read from the right', async ({ page }) => {
  test.slow();
  await page.routeWebSocket('**/ws', (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => socket.send(inArabic(String(message))));
  });
  await ask(page, HEBREW);
  const id = await ask(page, ARABIC);
  await turn(page, 'answer', `/?q=${encodeURIComponent(ARABIC)}&id=${id}`);
  await expect(page.getByRole('heading', { name: /المصابيح والضوء/ })).toBeVisible();
  const first = page.getByRole('article').first();
  const [card, check] = [await first.boundingBox(), await first.getByRole('checkbox').boundingBox()];
  expect(check!.x, 'the mark stands where a line begins').toBeGreaterThan(card!.x + card!.width / 2);
  await turn(page, 'history', '/history');
  await turn(page, 'history-entry', `/history/${id}`);
  await turn(page, 'insights', '/insights');
  for (const tab of ['profile', 'security', 'tokens', 'privacy']) await turn(page, `account-${tab}`, `/account/${tab}`);
  for (const section of ['dashboard', 'users', 'sources', 'audit', 'analytics', 'configuration', 'maintenance']) await turn(page, `admin-${section}`, `/admin/${section}`);
  await turn(page, 'welcome', '/welcome');
});
