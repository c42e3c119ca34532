/** Writes into the page with which files the addresses that most people open begin: public/scheme.js fetches them at once. */
import type { Plugin, Rolldown } from 'vite';

/** What every page begins with. */
const BEGIN = 'src/app/begin.tsx';
/** The page of an address, and its words. */
const FIRST = {
  '/': ['src/features/search/search-page.tsx', 'search'],
  '/history': ['src/features/history/history-page.tsx', 'history'],
  '/sign-in': ['src/features/sign-in/sign-in-page.tsx', 'sign-in'],
} as const;

type Bundle = Rolldown.OutputBundle;

function chunkOf(bundle: Bundle, source: string): Rolldown.OutputChunk {
  const chunk = Object.values(bundle).find((file) => file.type === 'chunk' && file.facadeModuleId?.endsWith(`/${source}`));
  if (chunk?.type !== 'chunk') throw new Error(`${source} is no chunk of the build`);
  return chunk;
}

/** Every file that is loaded with a chunk. */
function reach(bundle: Bundle, chunk: Rolldown.OutputChunk, into: Set<string>): Set<string> {
  if (into.has(chunk.fileName)) return into;
  into.add(chunk.fileName);
  for (const style of chunk.viteMetadata?.importedCss ?? []) into.add(style);
  for (const name of chunk.imports) {
    const other = bundle[name];
    if (other?.type === 'chunk') reach(bundle, other, into);
  }
  return into;
}

function lines(bundle: Bundle): string[] {
  const entry = reach(bundle, chunkOf(bundle, 'index.html'), new Set());
  const begin = [...reach(bundle, chunkOf(bundle, BEGIN), new Set())].filter((file) => !entry.has(file));
  const anyway = new Set([...entry, ...begin]);
  const links = begin.map((file) => `<link ${file.endsWith('.css') ? 'rel="preload" as="style"' : 'rel="modulepreload" fetchpriority="low"'} crossorigin href="/${file}" />`);
  const pages = Object.entries(FIRST).flatMap(([page, [source, words]]) => {
    const line = (file: string, more = '') => `<meta name="first" data-page="${page}"${more} content="/${file}" />`;
    const files = [...reach(bundle, chunkOf(bundle, source), new Set())].filter((file) => !anyway.has(file));
    const spoken = ['en', 'de'].flatMap((language) =>
      ['shell', words].map((name) => line(chunkOf(bundle, `src/locales/${language}/${name}.json`).fileName, ` data-language="${language}"`)),
    );
    return [...files.map((file) => line(file)), ...spoken];
  });
  return [...links, ...pages];
}

/** Before the script that reads them. */
const SCRIPT = '<script src="/scheme.js">';

export const first: Plugin = {
  name: 'pake-first',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    handler: (html, { bundle }) => (bundle ? html.replace(SCRIPT, `${lines(bundle).join('\n    ')}\n    ${SCRIPT}`) : html),
  },
};
