import { expect, it } from 'vitest';

import { pick } from './pick';

it('takes entries of BibTeX', () => {
  const text = '@article{a,\n  title = {A @ home},\n}\n\n@misc{b,\n  title = {B},\n}\n\n@book{c,\n}\n';
  expect(pick(text, 'bibtex', [2, 0], 3)).toBe('@article{a,\n  title = {A @ home},\n}\n\n@book{c,\n}\n');
});

it('takes records of RIS', () => {
  const text = 'TY  - JOUR\nTI  - A\nER  - \n\nTY  - BOOK\nTI  - B\nER  - \n';
  expect(pick(text, 'ris', [1], 2)).toBe('TY  - BOOK\nTI  - B\nER  - \n');
});

it('takes rows of a CSV with its head, although line breaks stand within quotes', () => {
  expect(pick('id,title\r\n1,"A ""quoted""\nline"\r\n2,B\r\n', 'csv', [0], 2)).toBe('id,title\r\n1,"A ""quoted""\nline"\r\n');
});

it('takes members of a JSON list', () => {
  expect(JSON.parse(pick('[{"id":1},{"id":2}]', 'csl-json', [1], 2) ?? '')).toEqual([{ id: 2 }]);
});

it('takes nothing when the export is of another answer', () => {
  expect(pick('[{"id":1}]', 'json', [0], 2)).toBeUndefined();
});
