/** Where the words of the question stand in a text. Pure. */

export type Piece = { text: string; isMatch: boolean };

const escape = (word: string) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The words and phrases that a question looks for in texts: without operators, other fields and what is excluded. */
export function wordsOf(query: string): string[] {
  const tokens = query.matchAll(/(-|\bNOT\s+)?(?:(\w+):)?(?:"([^"]+)"|([^\s()"]+))/gu);
  const words: string[] = [];
  for (const [, not, field, phrase, word] of tokens) {
    const isText = field === undefined || /^(title|ti|abstract|abs)$/i.test(field);
    const text = phrase ?? word ?? '';
    if (not === undefined && isText && text.length > 1 && !/^(AND|OR|NOT|\w+:)$/.test(text)) words.push(text);
  }
  return [...new Set(words)];
}

/** Cuts a text where one of the words begins a word of it. */
export function highlight(text: string, words: string[]): Piece[] {
  const longestFirst = words.filter((word) => word !== '').toSorted((a, b) => b.length - a.length);
  if (longestFirst.length === 0) return [{ text, isMatch: false }];
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${longestFirst.map(escape).join('|')})[\\p{L}\\p{N}]{0,3}(?![\\p{L}\\p{N}])`, 'giu');
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) pieces.push({ text: text.slice(end, match.index), isMatch: false });
    pieces.push({ text: match[0], isMatch: true });
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end), isMatch: false });
  return pieces;
}
