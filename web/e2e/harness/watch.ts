/** Nothing goes wrong unnoticed: errors in the console (reports of the CSP among them), exceptions, requests that fail. */
import type { BrowserContext, Page } from '@playwright/test';

export class Watch {
  readonly #seen: string[] = [];
  readonly #expected: RegExp[] = [];

  constructor(context: BrowserContext) {
    context.on('page', (page) => this.#watch(page));
    context.on('weberror', (error) => this.#seen.push(`exception: ${error.error().message}`));
  }

  /** What looks like this is no surprise in this test. */
  expect(...trouble: RegExp[]): void {
    this.#expected.push(...trouble);
  }

  /** What went wrong and was not expected. */
  get surprises(): string[] {
    return this.#seen.filter((text) => !this.#expected.some((pattern) => pattern.test(text)));
  }

  #watch(page: Page): void {
    page.on('console', (message) => {
      if (message.type() === 'error') this.#seen.push(`console: ${message.text()} (${message.location().url})`);
    });
    page.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText ?? '';
      // A page that is left gives its requests up.
      if (reason !== 'net::ERR_ABORTED') this.#seen.push(`request: ${request.method()} ${request.url()} ${reason}`);
    });
  }
}
