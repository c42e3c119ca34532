// Figures that are worth keeping: said, and written into a document where PAKE_FIGURES names one, each in the place of its like.
import { readFileSync, writeFileSync } from 'node:fs';
import { told } from './checks.ts';

const document = process.env.PAKE_FIGURES ?? '';
const title = '## Deployments';

/** Says a figure, and keeps it under this name. */
export function figure(name: string, what: string): void {
  told(what);
  if (document === '') return;
  const text = readFileSync(document, 'utf8');
  const begin = text.indexOf(`\n${title}\n`);
  // `make bench` leaves this section at the end of the document.
  const before = begin < 0 ? `${text.trimEnd()}\n` : text.slice(0, begin);
  const lines = begin < 0 ? ['', title, ''] : text.slice(begin).trimEnd().split('\n');
  const line = `- ${name}: ${what}`;
  const place = lines.findIndex((one) => one.startsWith(`- ${name}: `));
  if (place < 0) lines.push(line);
  else lines[place] = line;
  writeFileSync(document, `${before}${lines.join('\n')}\n`);
}
