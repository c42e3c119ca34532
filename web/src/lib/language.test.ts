import { expect, it, vi } from 'vitest';

import { preferredLanguage, rememberLanguage } from './language';

it('takes what was chosen, else what the browser likes, else English', () => {
  vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['fr-CH', 'de-AT', 'en']);
  expect(preferredLanguage()).toBe('de');
  rememberLanguage('en');
  expect(preferredLanguage()).toBe('en');
  localStorage.clear();
  vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['fr']);
  expect(preferredLanguage()).toBe('en');
});
