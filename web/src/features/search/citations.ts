/** A work as a line of a bibliography, in five styles. Pure; plain text. */
import type { Schema } from '@/lib/api';

import type { Work } from './progress';

export const STYLES = ['apa', 'mla', 'chicago', 'harvard', 'vancouver'] as const;
export type Style = (typeof STYLES)[number];

/** `given` is empty for groups and for names of one word. */
type Name = { family: string; given: string };

const GROUP = /\b(consortium|group|collaboration|organi[sz]ation|committee|society|institute|university|team|network|association|agency)\b/i;

function nameOf(author: Schema<'Author'>): Name {
  if (author.family) return { family: author.family, given: author.given ?? '' };
  const name = (author.name ?? '').trim();
  const [before, after] = name.split(/,\s*/, 2);
  if (before !== undefined && after) return { family: before, given: after };
  const words = name.split(/\s+/);
  if (GROUP.test(name) || words.length < 2 || words.length > 4) return { family: name, given: '' };
  return { family: words.at(-1) ?? name, given: words.slice(0, -1).join(' ') };
}

/** "Sang-Il Marie" is "S.-I. M."; with nothing between, "SIM". */
function initials(given: string, dot: string, between: string): string {
  const words = given.split(/\s+/).filter((word) => word !== '');
  const first = (part: string) => (part === '' ? '' : `${Array.from(part)[0]?.toUpperCase() ?? ''}${dot}`);
  return words.map((word) => word.split('-').map(first).join(dot === '' ? '' : '-')).join(between);
}

const reversed = (name: Name, given: string) => (given === '' ? name.family : `${name.family}, ${given}`);
const straight = (name: Name) => (name.given === '' ? name.family : `${name.given} ${name.family}`);
const ended = (text: string) => (/[.?!]$/.test(text) ? text : `${text}.`);
const dashed = (pages: string) => pages.replace(/\s*[-–]+\s*/, '–');
const link = (work: Work) => (work.doi ? `https://doi.org/${work.doi}` : (work.url ?? ''));
const joined = (parts: (string | undefined)[], by: string) => parts.filter((part) => part !== undefined && part !== '').join(by);
/** Where it was published; a preprint with its number where there is no place. */
const place = (work: Work) => work.venue ?? (work.arxiv_id ? `arXiv:${work.arxiv_id}` : '');

function apa(work: Work, names: Name[]): string {
  const all = names.map((name) => reversed(name, initials(name.given, '.', ' ')));
  const authors = all.length > 20 ? `${all.slice(0, 19).join(', ')}, … ${all.at(-1)}` : all.length > 1 ? `${all.slice(0, -1).join(', ')}, & ${all.at(-1)}` : all[0];
  const issue = work.issue ? `(${work.issue})` : '';
  const where = joined([place(work), `${work.volume ?? ''}${issue}`, work.pages ? dashed(work.pages) : ''], ', ');
  const year = `(${work.date?.year ?? 'n.d.'}).`;
  const head = authors === undefined ? `${ended(work.title)} ${year}` : `${ended(authors)} ${year} ${ended(work.title)}`;
  return joined([head, where && ended(where), link(work)], ' ');
}

function mla(work: Work, names: Name[]): string {
  const [first, second] = names;
  const authors = first && (names.length > 2 ? `${reversed(first, first.given)}, et al.` : second ? `${reversed(first, first.given)}, and ${straight(second)}.` : ended(reversed(first, first.given)));
  const where = joined([place(work), work.volume ? `vol. ${work.volume}` : '', work.issue ? `no. ${work.issue}` : '', work.date ? String(work.date.year) : '', work.pages ? `pp. ${dashed(work.pages)}` : '', link(work)], ', ');
  return joined([authors, `“${ended(work.title)}”`, where && ended(where)], ' ');
}

function chicago(work: Work, names: Name[]): string {
  const shown = names.length > 10 ? names.slice(0, 7) : names;
  const all = shown.map((name, at) => (at === 0 ? reversed(name, name.given) : straight(name)));
  const authors = names.length > 10 ? `${all.join(', ')}, et al.` : all.length > 1 ? ended(`${all.slice(0, -1).join(', ')}, and ${all.at(-1)}`) : all[0] && ended(all[0]);
  const issue = work.issue ? ` (${work.issue})` : '';
  const pages = work.pages ? `: ${dashed(work.pages)}` : '';
  const where = `${joined([place(work), work.volume ?? ''], ' ')}${issue}${pages}`;
  return joined([authors, ended(String(work.date?.year ?? 'n.d.')), `“${ended(work.title)}”`, where && ended(where), link(work) && ended(link(work))], ' ');
}

function harvard(work: Work, names: Name[]): string {
  const all = names.map((name) => reversed(name, initials(name.given, '.', '')));
  const authors = all.length > 3 ? `${all[0]} et al.` : all.length > 1 ? `${all.slice(0, -1).join(', ')} and ${all.at(-1)}` : all[0];
  const volume = joined([work.volume ?? '', work.issue ? `(${work.issue})` : ''], '');
  const where = joined([`‘${work.title}’`, place(work), volume, work.pages ? `pp. ${dashed(work.pages)}` : ''], ', ');
  return joined([authors, `(${work.date?.year ?? 'no date'})`, ended(where), link(work) && `Available at: ${ended(link(work))}`], ' ');
}

function vancouver(work: Work, names: Name[]): string {
  const all = names.map((name) => joined([name.family, initials(name.given, '', '')], ' '));
  const authors = all.length > 6 ? `${all.slice(0, 6).join(', ')}, et al` : all.join(', ');
  const issue = work.issue ? `(${work.issue})` : '';
  const volume = `${work.volume ?? ''}${issue}`;
  const when = `${work.date?.year ?? 'date unknown'}${volume && `;${volume}`}${work.pages ? `:${dashed(work.pages).replace('–', '-')}` : ''}`;
  return joined([authors && ended(authors), ended(work.title), place(work) && ended(place(work)), ended(when), work.doi ? `doi: ${work.doi}` : link(work)], ' ');
}

const WRITE: Record<Style, (work: Work, names: Name[]) => string> = { apa, mla, chicago, harvard, vancouver };

export function cite(work: Work, style: Style): string {
  return WRITE[style](work, work.authors.map(nameOf).filter((name) => name.family !== ''));
}
