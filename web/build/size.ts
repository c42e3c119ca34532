/** Fails when the script that the search page loads first weighs more than it may (after `npm run build`). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync } from 'node:zlib';

type Chunk = { file: string; name?: string; imports?: string[]; isEntry?: boolean; css?: string[] };

const LIMIT_KB = 200;
const dist = path.resolve(import.meta.dirname, '../dist');
const manifest = JSON.parse(readFileSync(path.join(dist, '.vite/manifest.json'), 'utf8')) as Record<string, Chunk>;

/** What is in a file with other things has no name of its own in the manifest (build/chunks.ts). */
const named = (name: string) => Object.keys(manifest).find((key) => manifest[key]?.name === name) ?? name;
/** What is loaded before somebody can search: the entry, its page and its words. */
const first = [named('load'), named('app'), 'src/features/search/search-page.tsx', 'src/locales/en/search.json'];

function reach(name: string, into: Set<string>): Set<string> {
  const chunk = manifest[name];
  if (!chunk) throw new Error(`${name} is no chunk of the build`);
  if (into.has(chunk.file)) return into;
  into.add(chunk.file);
  for (const css of chunk.css ?? []) into.add(css);
  for (const other of chunk.imports ?? []) reach(other, into);
  return into;
}

const files = new Set<string>();
for (const name of first) reach(name, files);
const weigh = (kind: string) =>
  [...files].filter((file) => file.endsWith(kind)).reduce((sum, file) => sum + brotliCompressSync(readFileSync(path.join(dist, file))).length, 0) / 1000;
const [script, style] = [weigh('.js'), weigh('.css')];
console.log(`the search page first loads ${script.toFixed(1)} kB of script and ${style.toFixed(1)} kB of style (br) in ${files.size} files`);
if (script > LIMIT_KB) {
  console.error(`that is more than ${LIMIT_KB} kB of script`);
  process.exit(1);
}
