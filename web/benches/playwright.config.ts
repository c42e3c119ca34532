import tested from '../playwright.config.ts';

/** What is measured in a browser, each by a command of its own: `scripts/web lighthouse`, `scripts/web interaction`. */
export default {
  ...tested,
  testDir: '.',
  testMatch: '*.bench.ts',
  outputDir: '../test-results/benches',
  reporter: 'line',
  timeout: 900_000,
  use: { ...tested.use, trace: 'off' as const, screenshot: 'off' as const },
};
