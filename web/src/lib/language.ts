/** The languages of the page, and which of them somebody reads. */

/** Each by its own name. */
export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof LANGUAGES;

const KEY = 'pake-language';

export const isLanguage = (name: string): name is Language => Object.hasOwn(LANGUAGES, name);

/** What was chosen here, else the first language of the browser that there is, else English. */
export function preferredLanguage(): Language {
  const wanted = [localStorage.getItem(KEY) ?? '', ...navigator.languages.map((tag) => tag.slice(0, 2))];
  return wanted.find(isLanguage) ?? 'en';
}

/** The language as the browser's owner writes it (`en-GB`), where that is the language of the page: dates differ by region. */
export function regional(language: string): string {
  return navigator.languages.find((tag) => /^[\w-]+$/.test(tag) && tag.split('-')[0] === language) ?? language;
}

export function rememberLanguage(language: Language): void {
  localStorage.setItem(KEY, language);
}
