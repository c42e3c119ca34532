/** Writes `x.br` and `x.gz` beside every text of the build: servers send them as they are. In the binary there is no `x.gz`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = path.resolve(import.meta.dirname, '../dist');
const text = /\.(js|css|html|svg|json|webmanifest|xml|txt|map)$/;
/** Less than one packet is not worth a second file; but the binary has scripts and styles in no other form. */
const SMALL = 600;
const always = /\.(js|css)$/;

for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => text.test(name))) {
  const file = path.join(dist, name);
  const content = readFileSync(file);
  if (content.length < SMALL && !always.test(name)) continue;
  const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  writeFileSync(`${file}.br`, brotliCompressSync(content, { params: quality }));
  writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
}
