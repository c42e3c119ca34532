import { highlight } from './highlight';

/** A text with the words of the question marked. */
export function Highlighted({ text, words }: { text: string; words: string[] }) {
  return highlight(text, words).map((piece, place) => (piece.isMatch ? <mark key={place}>{piece.text}</mark> : piece.text));
}
