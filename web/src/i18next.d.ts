import type account from './locales/en/account.json';
import type admin from './locales/en/admin.json';
import type forms from './locales/en/forms.json';
import type history from './locales/en/history.json';
import type insights from './locales/en/insights.json';
import type search from './locales/en/search.json';
import type setup from './locales/en/setup.json';
import type shell from './locales/en/shell.json';
import type signIn from './locales/en/sign-in.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'shell';
    resources: {
      account: typeof account;
      admin: typeof admin;
      forms: typeof forms;
      history: typeof history;
      insights: typeof insights;
      search: typeof search;
      setup: typeof setup;
      shell: typeof shell;
      'sign-in': typeof signIn;
    };
  }
}
