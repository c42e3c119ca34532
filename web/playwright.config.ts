import { defineConfig } from '@playwright/test';

/** Tests in a browser on the built binary: `scripts/web browser`, which says where binary, stand-in and browser are. */
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results/runs',
  fullyParallel: true,
  // Browser, server and stand-in are busy enough for two cores.
  workers: 1,
  forbidOnly: process.env.CI !== undefined,
  reporter: [['list'], ['html', { outputFolder: 'test-results/report', open: 'never' }]],
  // A debug build on a busy machine takes its time.
  timeout: 120_000,
  expect: { timeout: 30_000 },
  use: {
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.PAKE_CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    },
  },
});
