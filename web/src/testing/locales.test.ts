import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { LANGUAGES } from '@/lib/language';

const src = path.resolve(import.meta.dirname, '..');
const namespaces = readdirSync(path.join(src, 'locales/en')).map((name) => name.replace('.json', ''));
/** Endings that a language has as many of as it has plurals. */
const PLURAL = /_(zero|one|two|few|many|other)$/;

function words(language: string, namespace: string): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (value: unknown, at: string) => {
    if (typeof value === 'string') found.set(at, value);
    else for (const [key, inner] of Object.entries(value as object)) walk(inner, at === '' ? key : `${at}.${key}`);
  };
  walk(JSON.parse(readFileSync(path.join(src, 'locales', language, `${namespace}.json`), 'utf8')), '');
  return found;
}

const keys = (language: string, namespace: string) => [...new Set([...words(language, namespace).keys()].map((key) => key.replace(PLURAL, '')))].sort();
const holes = (text: string) => [...text.matchAll(/\{\{\s*(\w+)/g)].map((match) => match[1]).sort();
const code = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !/\.(gen|test)\./.test(name))
  .map((name) => readFileSync(path.join(src, name), 'utf8'))
  .join('\n');
/** `t(`state.${x}`)` uses whatever begins with `state.`. */
const beginnings = [...code.matchAll(/`([\w.]*)\$\{/g)].map((match) => match[1] ?? '').filter((text) => text.includes('.'));
const endings = [...code.matchAll(/`\$\{[^`]*\}(\.[\w.]+)`/g)].map((match) => match[1] ?? '');

describe.each(namespaces)('the words of %s', (namespace) => {
  it.each(Object.keys(LANGUAGES))('are complete in %s', (language) => {
    expect(keys(language, namespace)).toEqual(keys('en', namespace));
    for (const text of words(language, namespace).values()) expect(text.trim()).not.toBe('');
  });

  it.each(Object.keys(LANGUAGES))('have the same holes to fill in %s', (language) => {
    const english = words('en', namespace);
    for (const [key, text] of words(language, namespace)) {
      const same = english.get(key) ?? english.get(key.replace(PLURAL, '_other'));
      if (same !== undefined && !PLURAL.test(key)) expect(holes(text), key).toEqual(holes(same));
    }
  });

  it('are all used', () => {
    const isUsed = (key: string) =>
      code.includes(`'${key}'`) || code.includes(`"${key}"`) || beginnings.some((text) => key.startsWith(text)) || endings.some((text) => key.endsWith(text));
    expect(keys('en', namespace).filter((key) => !isUsed(key))).toEqual([]);
  });
});
