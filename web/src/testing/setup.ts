import '@testing-library/jest-dom/vitest';

import { cleanup, configure } from '@testing-library/react';
import i18next from 'i18next';
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';

import { startLanguages } from '@/app/i18n';

import { server } from './server';
import { FakeSocket } from './socket';

// What failed is told without the whole page.
configure({ getElementError: (message) => new Error(message ?? '') });

// What jsdom does not have.
window.matchMedia = (media: string) => Object.assign(new EventTarget(), { media, matches: false }) as MediaQueryList;
window.scrollTo = () => undefined;
window.ResizeObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
Element.prototype.scrollIntoView = () => undefined;

beforeAll(async () => {
  server.listen({ onUnhandledFrame: 'error' });
  await startLanguages();
});
// MSW has put its own in place by then.
beforeEach(() => void vi.stubGlobal('WebSocket', FakeSocket));
afterEach(async () => {
  cleanup();
  server.resetHandlers();
  localStorage.clear();
  await i18next.changeLanguage('en');
});
afterAll(() => server.close());
