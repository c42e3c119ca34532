import { expect, it } from 'vitest';

import { absoluteTime, age, bytes, duration, relativeTime } from './format';

const now = new Date('2026-11-26T12:00:00Z');
const before = (seconds: number) => relativeTime(new Date(now.getTime() - seconds * 1000), now, 'en');

it('tells how long ago something was, in the largest unit that fits', () => {
  expect([before(0), before(59), before(3600), before(86_400), before(40 * 86_400), before(800 * 86_400)]).toEqual([
    'now',
    '59 seconds ago',
    '1 hour ago',
    'yesterday',
    'last month',
    '2 years ago',
  ]);
  expect(before(-7200)).toBe('in 2 hours');
  expect(relativeTime(new Date(now.getTime() - 180_000), now, 'de')).toBe('vor 3 Minuten');
});

it('writes times and sizes in the language', () => {
  expect([duration(240, 'en'), duration(1340, 'en'), duration(1340, 'de')]).toEqual(['240 ms', '1.3 sec', '1,3 Sek.']);
  expect([age(5, 'en'), age(7300, 'en')]).toEqual(['5 sec', '2 hr']);
  expect([bytes(12, 'en'), bytes(2_500_000, 'en')]).toEqual(['12 byte', '2.5 MB']);
  expect(absoluteTime(now, 'de')).toContain('26. November 2026');
});
