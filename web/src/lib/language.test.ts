import { expect, it, vi } from 'vitest';

import { absoluteTime } from './format';
import { preferredLanguage, regional, rememberLanguage } from './language';

it('takes what was chosen, else what the browser likes, else English', () => {
  vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['fr-CH', 'de-AT', 'en']);
  expect(preferredLanguage()).toBe('de');
  rememberLanguage('en');
  expect(preferredLanguage()).toBe('en');
  localStorage.clear();
  vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['fr']);
  expect(preferredLanguage()).toBe('en');
});

it('writes dates as where the browser is, when that is the language of the page', () => {
  const day = new Date('2026-11-26T12:00:00Z');
  vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['en-GB', 'en', 'de-AT']);
  expect(absoluteTime(day, regional('en'))).toContain('26 November 2026');
  expect(regional('de')).toBe('de-AT');
  vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['de-DE', 'de']);
  expect(absoluteTime(day, regional('en'))).toContain('November 26, 2026');
});
