/** Takes single works out of an export of all of them. The server writes them in the final order, one after the other. */

export const FORMATS = ['bibtex', 'ris', 'csl-json', 'csv', 'json'] as const;
export type Format = (typeof FORMATS)[number];

/** The rows of a CSV (RFC 4180): a line break within quotes ends none. */
function rows(csv: string): string[] {
  const found: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < csv.length; at += 1) {
    if (csv[at] === '"') isQuoted = !isQuoted;
    if (csv[at] === '\n' && !isQuoted) {
      found.push(csv.slice(start, at + 1));
      start = at + 1;
    }
  }
  if (start < csv.length) found.push(csv.slice(start));
  return found;
}

function parts(text: string, format: Format): { head: string; works: string[]; join: (works: string[]) => string } {
  const plain = (works: string[]) => works.join('');
  switch (format) {
    case 'bibtex':
      return { head: '', works: text.split(/^(?=@\w+\{)/m).filter((entry) => entry.startsWith('@')), join: plain };
    case 'ris':
      return { head: '', works: text.match(/^TY {2}- [\s\S]*?^ER {2}-[^\n]*\n*/gm) ?? [], join: plain };
    case 'csv': {
      const [head = '', ...works] = rows(text);
      return { head, works, join: (works) => head + works.join('') };
    }
    case 'csl-json':
    case 'json': {
      const works = (JSON.parse(text) as unknown[]).map((work) => JSON.stringify(work, null, 2));
      return { head: '', works, join: (works) => `[${works.join(',\n')}]\n` };
    }
  }
}

/** The works at these places of the final order; `undefined` when the export is of another number of works. */
export function pick(text: string, format: Format, places: number[], total: number): string | undefined {
  const { works, join } = parts(text, format);
  if (works.length !== total) return undefined;
  return join(places.toSorted((a, b) => a - b).flatMap((place) => works[place] ?? []));
}
