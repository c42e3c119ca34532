/** Writes into the page with which files the addresses that most people open begin: public/scheme.js fetches them at once. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

import type { Plugin, Rolldown } from 'vite';

/** What every page begins with. */
const BEGIN = 'src/app/begin.tsx';
const [ME, SOURCES] = ['/api/v1/auth/me', '/api/v1/sources'];
/** The page of an address, its words, and what it asks the server first (src/lib/first-answers.ts); some of it only without a question or filters. */
const FIRST: Record<string, { page: string; words: string[]; asks: string[]; asksAlone?: string[] }> = {
  '/': { page: 'search/search-page', words: ['search'], asks: [ME, SOURCES], asksAlone: ['/api/v1/history?limit=6'] },
  '/history': { page: 'history/history-page', words: ['history'], asks: [ME, SOURCES], asksAlone: ['/api/v1/history?limit=50'] },
  '/sign-in': { page: 'sign-in/sign-in-page', words: ['sign-in', 'forms'], asks: ['/api/v1/auth/providers'] },
};

/** In characters: such a file is run by itself. */
const HEAVY = 20_000;

type Bundle = Rolldown.OutputBundle;

function chunkOf(bundle: Bundle, source: string): Rolldown.OutputChunk {
  const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
  const chunk = chunks.find((file) => file.facadeModuleId?.endsWith(`/${source}`)) ?? chunks.find((file) => file.moduleIds.some((id) => id.endsWith(`/${source}`)));
  if (!chunk) throw new Error(`${source} is no chunk of the build`);
  return chunk;
}

/** Every file that is loaded with a chunk, each after those that it needs. */
function reach(bundle: Bundle, chunk: Rolldown.OutputChunk, into: Set<string>): Set<string> {
  if (into.has(chunk.fileName)) return into;
  for (const name of chunk.imports) {
    const other = bundle[name];
    if (other?.type === 'chunk') reach(bundle, other, into);
  }
  for (const style of chunk.viteMetadata?.importedCss ?? []) into.add(style);
  return into.add(chunk.fileName);
}

type Lines = { before: string[]; after: string[] };

function lines(bundle: Bundle): Lines {
  const entry = reach(bundle, chunkOf(bundle, 'index.html'), new Set());
  const begin = [...reach(bundle, chunkOf(bundle, BEGIN), new Set())].filter((file) => !entry.has(file));
  const anyway = new Set([...entry, ...begin]);
  const isHeavy = (file: string) => bundle[file]?.type === 'chunk' && bundle[file].code.length > HEAVY;
  // What takes longest is asked for first, in the order in which it is run (src/main.tsx).
  const heavy = begin.filter(isHeavy).map((file) => `<link data-first rel="modulepreload" fetchpriority="low" crossorigin href="/${file}" />`);
  const light = begin.filter((file) => !isHeavy(file));
  const after = [...heavy, ...light.map((file) => `<link ${file.endsWith('.css') ? 'rel="preload" as="style"' : 'rel="modulepreload" fetchpriority="low"'} crossorigin href="/${file}" />`)];
  const before = Object.entries(FIRST).flatMap(([address, { page, words, asks, asksAlone = [] }]) => {
    const line = (file: string, more = '') => `<meta name="first" data-page="${address}"${more} content="/${file}" />`;
    const files = [...reach(bundle, chunkOf(bundle, `src/features/${page}.tsx`), new Set())].filter((file) => !anyway.has(file));
    const spoken = ['en', 'de'].flatMap((language) =>
      // Those of the frame are there in English (src/app/i18n.ts).
      [...(language === 'en' ? [] : ['shell']), ...words].map((name) => line(chunkOf(bundle, `src/locales/${language}/${name}.json`).fileName, ` data-language="${language}"`)),
    );
    const questions = [...asks.map((path) => ({ path, more: '' })), ...asksAlone.map((path) => ({ path, more: ' data-alone' }))].map(
      ({ path, more }) => `<meta name="first-asked" data-page="${address}"${more} content="${path}" />`,
    );
    return [...files.map((file) => line(file)), ...spoken, ...questions];
  });
  return { before, after };
}

/** It reads which files these are. */
const SCRIPT = '<script src="/scheme.js"></script>';
const STYLE = /\n *<link rel="stylesheet"[^>]*>/;
const ICON = 'href="/icon.svg"';
const MANIFEST = /<link rel="manifest" href="([^"]+)">/;

/** The sign in the browser's tab is in the page: it comes without a request of its own. */
const icon = () => `href="data:image/svg+xml,${encodeURIComponent(readFileSync(path.resolve(import.meta.dirname, '../public/icon.svg'), 'utf8').trim())}"`;

/**
 * What is needed for the first paint is asked for first: the script that knows the theme, the style, and then what draws the page.
 * Nobody waits for what says how it is installed: the page asks for that when it is there (src/app/new-version.ts).
 */
function ordered(html: string, { before, after }: Lines): string {
  const style = STYLE.exec(html)?.[0].trim();
  if (style === undefined || !html.includes(SCRIPT)) throw new Error('index.html has no style or no scheme.js');
  return html.replace(MANIFEST, '<meta name="manifest" content="$1" />').replace(ICON, icon()).replace(STYLE, '').replace(SCRIPT, [...before, SCRIPT, style, ...after].join('\n    '));
}

export const first: Plugin = {
  name: 'pake-first',
  apply: 'build',
  enforce: 'post',
  transformIndexHtml: { order: 'post', handler: (html, { bundle }) => (bundle ? ordered(html, lines(bundle)) : html) },
};
