/** Where everything of the flow diagram stands. Pure: words in, places out. */

export type Line = { text: string; isStrong: boolean };
export type Box = { x: number; y: number; width: number; height: number; lines: Line[] };
/** Points that a line goes through; its end is an arrow head. */
export type Arrow = [number, number][];
export type Stage = { y: number; height: number; text: string };
export type Drawing = { width: number; height: number; boxes: Box[]; arrows: Arrow[]; stages: Stage[]; caption: { y: number; lines: string[] } };

type BoxWords = { title: string; lines: string[] };
export type DiagramWords = {
  identification: string;
  screening: string;
  identified: BoxWords;
  removed: BoxWords;
  toScreen: BoxWords;
  caption: string;
};

export const FONT_SIZE = 14;
export const LINE_HEIGHT = 20;
export const PADDING = 12;
export const STAGE_WIDTH = 26;
/** Letters of a system font are about so wide; bold ones a little more. */
const LETTER = 7.3;
const STRONG_LETTER = 7.9;
const GAP = 44;
/** So that the name of a stage fits beside it. */
const STAGE_LEAST = 88;

/** Breaks a text into lines of at most so many pixels; a word that is longer is cut. */
export function wrap(text: string, width: number, letter = LETTER): string[] {
  const most = Math.max(8, Math.floor(width / letter));
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/[ \n\t]+/).flatMap((word) => word.match(new RegExp(`.{1,${most}}`, 'gu')) ?? [])) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= most) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return line === '' ? lines : [...lines, line];
}

function box(words: BoxWords, x: number, y: number, width: number): Box {
  const inner = width - 2 * PADDING;
  const lines = [
    ...wrap(words.title, inner, STRONG_LETTER).map((text) => ({ text, isStrong: true })),
    ...words.lines.flatMap((line) => wrap(line, inner)).map((text) => ({ text, isStrong: false })),
  ];
  return { x, y, width, height: lines.length * LINE_HEIGHT + 2 * PADDING, lines };
}

const stage = (box: Box): Box => ({ ...box, height: Math.max(box.height, STAGE_LEAST) });
const below = (one: Box) => one.y + one.height;

/** As wide as a page: what was removed stands beside what was found. */
export function drawWide(words: DiagramWords): Drawing {
  const [width, column, x] = [760, 330, STAGE_WIDTH + 14];
  const right = width - column;
  const identified = box(words.identified, x, 0, column);
  const removed = box(words.removed, right, 0, column);
  const first = Math.max(below(identified), below(removed));
  // Both as high as the higher: they belong together.
  identified.height = first;
  removed.height = first;
  const toScreen = stage(box(words.toScreen, x, first + GAP, column));
  const middle = x + column / 2;
  return finish(words, width, first, [identified, removed, toScreen], [
    [[x + column, first / 2], [right, first / 2]],
    [[middle, first], [middle, toScreen.y]],
  ]);
}

/** As narrow as a phone: everything below each other, what was removed beside the way down. */
export function drawNarrow(words: DiagramWords): Drawing {
  const [width, x, inset] = [340, STAGE_WIDTH + 10, 32];
  const column = width - x;
  const identified = box(words.identified, x, 0, column);
  const removed = box(words.removed, x + inset, below(identified) + GAP / 2, column - inset);
  const toScreen = stage(box(words.toScreen, x, below(removed) + GAP / 2, column));
  const way = x + inset / 2;
  const branch = removed.y + removed.height / 2;
  return finish(words, width, below(removed), [identified, removed, toScreen], [
    [[way, below(identified)], [way, toScreen.y]],
    [[way, branch], [removed.x, branch]],
  ]);
}

function finish(words: DiagramWords, width: number, first: number, boxes: Box[], arrows: Arrow[]): Drawing {
  const last = boxes.at(-1);
  const end = last ? below(last) : first;
  const lines = wrap(words.caption, width, LETTER * 0.9);
  return {
    width,
    height: end + 16 + lines.length * LINE_HEIGHT,
    boxes,
    arrows,
    stages: [
      { y: 0, height: first, text: words.identification },
      { y: last?.y ?? first, height: last?.height ?? 0, text: words.screening },
    ],
    caption: { y: end + 16, lines },
  };
}
