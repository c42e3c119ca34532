/** What could be typed next: fields, their values, operators. Pure. */

export const FIELDS = ['title', 'author', 'abstract', 'year', 'doi', 'arxiv', 'pmid', 'pmcid', 'type', 'source', 'open'] as const;
export type Field = (typeof FIELDS)[number];
export const TYPES = ['article', 'preprint', 'review', 'conference', 'book', 'chapter', 'thesis', 'dataset', 'software', 'report', 'notice', 'encyclopedia', 'web', 'news', 'other'] as const;
const OPERATORS = ['AND', 'OR', 'NOT'] as const;
const MOST = 7;

export type Suggestion =
  | { kind: 'field'; text: string; field: Field }
  | { kind: 'value'; text: string }
  | { kind: 'operator'; text: (typeof OPERATORS)[number] }
  /** A whole question that was asked before. */
  | { kind: 'question'; text: string };

export type Place = { start: number; end: number };

/** The word at the caret, without what opens or negates it. */
export function wordAt(query: string, caret: number): Place & { word: string } {
  const before = query.slice(0, caret);
  const start = caret - (/[^\s("]*$/.exec(before.replace(/^-/, ' '))?.[0].length ?? 0);
  const isNegated = query[start] === '-';
  const from = isNegated ? start + 1 : start;
  return { start: from, end: caret, word: query.slice(from, caret) };
}

/** Within quotes nothing is completed. */
const isQuoted = (query: string, caret: number) => (query.slice(0, caret).match(/"/g)?.length ?? 0) % 2 === 1;

function valuesFor(field: string, sources: string[], year: number): readonly string[] {
  switch (field) {
    case 'type':
      return TYPES;
    case 'source':
      return sources;
    case 'open':
      return ['true', 'false'];
    case 'year':
      return [`${year}`, `${year - 5}..${year}`, `${year - 10}..${year}`];
    default:
      return [];
  }
}

/** What could stand at the caret instead of the word that is being typed. */
export function complete(query: string, caret: number, known: { sources: string[]; year: number }): Suggestion[] {
  if (isQuoted(query, caret)) return [];
  const { word } = wordAt(query, caret);
  const [, field, typed] = /^(\w+):(.*)$/.exec(word) ?? [];
  if (field !== undefined && typed !== undefined) {
    // Of a list the last one is being typed: type:article,rev
    const begun = typed.slice(0, typed.lastIndexOf(',') + 1);
    const last = typed.slice(begun.length).toLowerCase();
    return valuesFor(field.toLowerCase(), known.sources, known.year)
      .filter((value) => value.startsWith(last) && value !== last && !begun.split(',').includes(value))
      .slice(0, MOST)
      .map((value) => ({ kind: 'value', text: `${field}:${begun}${value}` }));
  }
  if (word === '') return [];
  const fields = FIELDS.filter((name) => name.startsWith(word.toLowerCase())).map((name): Suggestion => ({ kind: 'field', text: `${name}:`, field: name }));
  const isBetween = query.slice(0, caret - word.length).trim() !== '';
  const operators = isBetween ? OPERATORS.filter((name) => name.startsWith(word) && name !== word).map((text): Suggestion => ({ kind: 'operator', text })) : [];
  return [...fields, ...operators].slice(0, MOST);
}

/** The query with a suggestion taken, and where the caret is then. */
export function accept(query: string, caret: number, suggestion: Suggestion): { query: string; caret: number } {
  if (suggestion.kind === 'question') return { query: suggestion.text, caret: suggestion.text.length };
  const { start, end } = wordAt(query, caret);
  // After a field comes its value, after anything else another word.
  const text = suggestion.kind === 'field' ? suggestion.text : `${suggestion.text} `;
  const rest = query.slice(end);
  return { query: query.slice(0, start) + text + (text.endsWith(' ') ? rest.trimStart() : rest), caret: start + text.length };
}
