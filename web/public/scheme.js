// Before anything is painted: light or dark, and which kind of page. A file of its own, because the CSP takes no script in the page.
(() => {
  const root = document.documentElement;
  const chosen = localStorage.getItem('mantine-color-scheme-value');
  const isDark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  root.dataset.mantineColorScheme = isDark ? 'dark' : 'light';
  root.toggleAttribute('data-is-door', /^\/(sign-in|join|reset|welcome)/.test(document.location.pathname));

  // What this address begins with (build/first.ts) is fetched together with what every page needs.
  const ofHere = (name) => [...document.querySelectorAll(`meta[name=${name}]`)].filter(({ dataset }) => dataset.page === document.location.pathname);
  const first = ofHere('first');
  const languages = [localStorage.getItem('pake-language'), ...navigator.languages.map((tag) => tag.slice(0, 2)), 'en'];
  const language = languages.find((name) => first.some(({ dataset }) => dataset.language === name));
  for (const { content, dataset } of first) {
    if (dataset.language !== undefined && dataset.language !== language) continue;
    const kind = content.endsWith('.css') ? { rel: 'preload', as: 'style' } : { rel: 'modulepreload' };
    document.head.append(Object.assign(document.createElement('link'), { ...kind, fetchPriority: 'low', crossOrigin: '', href: content }));
  }

  // What it asks the server is on its way, too (src/lib/first-answers.ts). Who cannot be asked now is asked again by the page.
  window.pakeFirst = new Map(ofHere('first-asked').filter(({ dataset }) => dataset.alone === undefined || document.location.search === '').map(({ content }) => [content, fetch(content)]));
  for (const answer of window.pakeFirst.values()) answer.catch(() => undefined);
})();
