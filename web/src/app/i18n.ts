import i18next, { type BackendModule } from 'i18next';
import { initReactI18next } from 'react-i18next';

import { LANGUAGES, preferredLanguage } from '@/lib/language';

import shell from '../locales/en/shell.json';

const files = import.meta.glob<{ default: Record<string, unknown> }>(['../locales/*/*.json', '!../locales/en/shell.json']);

/** One file for each language and namespace (a feature), loaded when a page needs it. The few words of the frame in English are there. */
const byFile: BackendModule = {
  type: 'backend',
  init: () => undefined,
  read: (language, namespace, done) => {
    const load = files[`../locales/${language}/${namespace}.json`];
    if (!load) {
      done(new Error(`no words for ${namespace} in ${language}`), false);
      return;
    }
    load().then(
      (file) => done(null, file.default),
      (error: unknown) => done(error as Error, false),
    );
  },
};

/** Which words the first page needs, by the beginning of its address. */
const FIRST: Record<string, string> = { '': 'search', history: 'history', insights: 'insights', account: 'account', admin: 'admin' };

export async function startLanguages(pathname = ''): Promise<void> {
  const first = FIRST[pathname.split('/')[1] ?? ''];
  const tell = (language: string) => {
    document.documentElement.lang = language;
    document.documentElement.dir = i18next.dir(language);
  };
  i18next.on('languageChanged', tell);
  await i18next
    .use(byFile)
    .use(initReactI18next)
    .init({
      lng: preferredLanguage(),
      // Each language is whole (locales.test.ts): nobody loads the words of another.
      fallbackLng: false,
      resources: { en: { shell } },
      supportedLngs: Object.keys(LANGUAGES),
      partialBundledLanguages: true,
      ns: first === undefined ? ['shell'] : ['shell', first],
      defaultNS: 'shell',
      interpolation: { escapeValue: false },
    });
}
