import { describe, expect, it } from 'vitest';

import { work } from '@/testing/works';

import { cite, STYLES } from './citations';

const person = (given: string, family: string) => ({ name: `${given} ${family}`, given, family });
const article = work('w1', {
  title: 'On lamps',
  authors: [person('Sang-Il Marie', 'Han'), person('Bo', 'Yu')],
  venue: 'Journal of Lamps',
  volume: '12',
  issue: '3',
  pages: '45-67',
  date: { year: 2024, month: 5, kind: 'published' },
  doi: '10.1000/lamps',
});

describe('an article of two', () => {
  it.each([
    ['apa', 'Han, S.-I. M., & Yu, B. (2024). On lamps. Journal of Lamps, 12(3), 45–67. https://doi.org/10.1000/lamps'],
    ['mla', 'Han, Sang-Il Marie, and Bo Yu. “On lamps.” Journal of Lamps, vol. 12, no. 3, 2024, pp. 45–67, https://doi.org/10.1000/lamps.'],
    ['chicago', 'Han, Sang-Il Marie, and Bo Yu. 2024. “On lamps.” Journal of Lamps 12 (3): 45–67. https://doi.org/10.1000/lamps.'],
    ['harvard', 'Han, S.-I.M. and Yu, B. (2024) ‘On lamps’, Journal of Lamps, 12(3), pp. 45–67. Available at: https://doi.org/10.1000/lamps.'],
    ['vancouver', 'Han SIM, Yu B. On lamps. Journal of Lamps. 2024;12(3):45-67. doi: 10.1000/lamps'],
  ] as const)('is %s', (style, text) => {
    expect(cite(article, style)).toBe(text);
  });
});

it('shortens long bylines as each style does', () => {
  const many = work('w', { title: 'Many', authors: Array.from({ length: 22 }, (_, at) => person('A', `N${at + 1}`)), date: { year: 2020, kind: 'published' } });
  expect(cite(many, 'apa')).toContain('N19, A., … N22, A. (2020)');
  expect(cite(many, 'mla')).toContain('N1, A, et al.');
  expect(cite(many, 'chicago')).toContain('A N7, et al. 2020.');
  expect(cite(many, 'harvard')).toContain('N1, A. et al. (2020)');
  expect(cite(many, 'vancouver')).toContain('N6 A, et al.');
});

it('leaves groups whole, splits names that come in one piece, and names a preprint by its number', () => {
  const preprint = work('w', { title: 'Why lamps?', authors: [{ name: 'The Lamp Consortium' }, { name: 'Ada King' }, { name: 'Yu, Bo' }], arxiv_id: '2401.00001', url: null, date: null });
  expect(cite(preprint, 'apa')).toBe('The Lamp Consortium, King, A., & Yu, B. (n.d.). Why lamps? arXiv:2401.00001.');
});

it('says something of a work of which next to nothing is known', () => {
  const bare = work('w', { title: '', authors: [], url: null });
  for (const style of STYLES) expect(cite(bare, style)).not.toMatch(/undefined|null/);
});
