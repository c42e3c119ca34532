import { expect, it } from 'vitest';

import { accept, complete } from './completion';
import { highlight, wordsOf } from './highlight';

const known = { sources: ['arxiv', 'openalex'], year: 2026 };
const offered = (query: string, caret = query.length) => complete(query, caret, known).map((suggestion) => suggestion.text);

it('offers fields that begin like the word at the caret, also when it is negated or in parentheses', () => {
  expect(offered('ti')).toEqual(['title:']);
  expect(offered('lamps (a')).toEqual(['author:', 'abstract:', 'arxiv:']);
  expect(offered('lamps -pm')).toEqual(['pmid:', 'pmcid:']);
  expect(offered('ti lamps', 2)).toEqual(['title:']);
});

it('offers the values of a field, of a list the last one', () => {
  expect(offered('type:re')).toEqual(['type:review', 'type:report']);
  expect(offered('source:arxiv,o')).toEqual(['source:arxiv,openalex']);
  expect(offered('open:')).toEqual(['open:true', 'open:false']);
  expect(offered('year:2026')).toEqual([]);
  expect(offered('year:')).toEqual(['year:2026', 'year:2021..2026', 'year:2016..2026']);
  expect(offered('title:')).toEqual([]);
});

it('offers operators between words only, and nothing within quotes', () => {
  expect(offered('lamps O')).toEqual(['open:', 'OR']);
  expect(offered('N')).toEqual([]);
  expect(offered('"ti')).toEqual([]);
  expect(offered('')).toEqual([]);
});

it('takes a suggestion for the word at the caret and leaves the rest', () => {
  expect(accept('ti lamps', 2, { kind: 'field', text: 'title:', field: 'title' })).toEqual({ query: 'title: lamps', caret: 6 });
  expect(accept('lamps type:re', 13, { kind: 'value', text: 'type:review' })).toEqual({ query: 'lamps type:review ', caret: 18 });
  expect(accept('anything', 3, { kind: 'question', text: 'lamps' })).toEqual({ query: 'lamps', caret: 5 });
});

it('highlights the words of the question, not its operators, other fields and what is excluded', () => {
  expect(wordsOf('title:(lamps OR "base editing") NOT vision -dark author:doudna year:2020')).toEqual(['lamps', 'base editing']);
  expect(wordsOf('lamps title:lamps')).toEqual(['lamps']);
});

it('marks where words begin like these, whatever stands in them', () => {
  const marked = (text: string, words: string[]) => highlight(text, words).map((piece) => (piece.isMatch ? `[${piece.text}]` : piece.text)).join('');
  expect(marked('Transformers transform; untransformed', ['transform'])).toBe('[Transformers] [transform]; untransformed');
  expect(marked('C++ and (x*)', ['c++', '(x*'])).toBe('[C++] and [(x*])');
  expect(marked('Ökologie', ['ökologie'])).toBe('[Ökologie]');
  expect(marked('plain', [])).toBe('plain');
});
