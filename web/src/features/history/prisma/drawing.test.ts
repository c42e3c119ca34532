import { describe, expect, it } from 'vitest';

import { drawNarrow, drawWide, wrap, type DiagramWords } from './drawing';
import { svgName } from './svg-file';

const words: DiagramWords = {
  identification: 'Identification',
  screening: 'Screening',
  identified: { title: 'Records identified (n = 20)', lines: Array.from({ length: 14 }, (_, n) => `Source ${n} (n = 1)`) },
  removed: { title: 'Removed (n = 5)', lines: ['Duplicates (n = 5)'] },
  toScreen: { title: 'To screen (n = 15)', lines: [] },
  caption: 'Asked with PAKE: graphene '.repeat(12),
};

describe.each([
  ['wide', drawWide],
  ['narrow', drawNarrow],
])('the %s flow diagram', (_, draw) => {
  const drawing = draw(words);

  it('has everything within its frame, and nothing over something else', () => {
    for (const box of drawing.boxes) {
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(drawing.width);
      expect(box.y + box.height).toBeLessThan(drawing.caption.y);
      for (const other of drawing.boxes) {
        if (other === box) continue;
        const isApart = box.x + box.width <= other.x || other.x + other.width <= box.x || box.y + box.height <= other.y || other.y + other.height <= box.y;
        expect(isApart).toBe(true);
      }
    }
    expect(drawing.caption.y + drawing.caption.lines.length * 20).toBeLessThanOrEqual(drawing.height);
  });

  it('leads each arrow to a box', () => {
    for (const arrow of drawing.arrows) {
      const [x, y] = arrow.at(-1)!;
      expect(drawing.boxes.some((box) => (x === box.x && y >= box.y && y <= box.y + box.height) || (y === box.y && x >= box.x && x <= box.x + box.width))).toBe(true);
    }
  });
});

describe('words in a picture', () => {
  it('are broken between words, and within one that is too long', () => {
    expect(wrap('one two three', 73)).toEqual(['one two', 'three']);
    expect(wrap('x'.repeat(25), 73)).toEqual(['x'.repeat(10), 'x'.repeat(10), 'xxxxx']);
    expect(wrap('', 73)).toEqual([]);
    expect(wrap('(n\u00a0=\u00a020) and', 73)).toEqual(['(n\u00a0=\u00a020)', 'and']);
  });

  it('name the file, whatever was asked', () => {
    expect(svgName('Gene "drive" & CRISPR', '2026-01-02T03:04:05Z')).toBe('pake-prisma-2026-01-02-gene-drive-crispr.svg');
    expect(svgName('../../', '2026-01-02T03:04:05Z')).toBe('pake-prisma-2026-01-02.svg');
  });
});
