/** Times and numbers in the language that was chosen; dates as they are written where the browser's owner is. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

import { regional } from './language';

/** Making a formatter costs as much as a hundred uses of it: each is made once. */
function once<Options extends object, Made>(make: new (language: string, options?: Options) => Made) {
  const made = new Map<string, Made>();
  return (language: string, options?: Options): Made => {
    const key = language + (options ? JSON.stringify(options) : '');
    const known = made.get(key) ?? new make(language, options);
    made.set(key, known);
    return known;
  };
}

const numbers = once<Intl.NumberFormatOptions, Intl.NumberFormat>(Intl.NumberFormat);
const dates = once<Intl.DateTimeFormatOptions, Intl.DateTimeFormat>(Intl.DateTimeFormat);
const times = once<Intl.RelativeTimeFormatOptions, Intl.RelativeTimeFormat>(Intl.RelativeTimeFormat);
const lists = once<Intl.ListFormatOptions, Intl.ListFormat>(Intl.ListFormat);

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** "3 hours ago", "in 2 days". */
export function relativeTime(date: Date, now: Date, language: string): string {
  const seconds = Math.round((date.getTime() - now.getTime()) / 1000);
  const [unit, size] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
  return times(language, { numeric: 'auto' }).format(Math.trunc(seconds / size), unit);
}

export function absoluteTime(date: Date, language: string): string {
  return dates(language, { dateStyle: 'full', timeStyle: 'long' }).format(date);
}

/** "240 ms", "1.3 s". */
export function duration(milliseconds: number, language: string): string {
  const isShort = milliseconds < 1000;
  const unit = isShort ? 'millisecond' : 'second';
  const options: Intl.NumberFormatOptions = { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: isShort ? 0 : 1 };
  return numbers(language, options).format(isShort ? milliseconds : milliseconds / 1000);
}

/** "2 h", "3 days": how long something has been kept. */
export function age(seconds: number, language: string): string {
  const [unit, size] = STEPS.find(([, size]) => seconds >= size) ?? ['second', 1];
  return numbers(language, { style: 'unit', unit, unitDisplay: 'short' }).format(Math.floor(seconds / size));
}

const BYTES: [string, number][] = [
  ['gigabyte', 1e9],
  ['megabyte', 1e6],
  ['kilobyte', 1e3],
  ['byte', 1],
];

export function bytes(count: number, language: string): string {
  const [unit, size] = BYTES.find(([, size]) => count >= size) ?? ['byte', 1];
  return numbers(language, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 }).format(count / size);
}

/** All of it in the language of the page: `const format = useFormat(); format.number(1234)`. */
export function useFormat() {
  const { i18n } = useTranslation();
  const language = i18n.resolvedLanguage ?? 'en';
  return useMemo(
    () => ({
      language,
      number: (value: number, options?: Intl.NumberFormatOptions) => numbers(language, options).format(value),
      percent: (share: number) => numbers(language, { style: 'percent', maximumFractionDigits: 1 }).format(share),
      list: (words: string[]) => lists(language).format(words),
      date: (date: Date | string, options: Intl.DateTimeFormatOptions = { dateStyle: 'medium' }) => dates(regional(language), options).format(new Date(date)),
      relative: (date: Date, now: Date) => relativeTime(date, now, language),
      absolute: (date: Date) => absoluteTime(date, regional(language)),
      duration: (milliseconds: number) => duration(milliseconds, language),
      age: (seconds: number) => age(seconds, language),
      bytes: (count: number) => bytes(count, language),
    }),
    [language],
  );
}
