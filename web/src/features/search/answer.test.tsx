import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { describe, expect, it, vi } from 'vitest';

import type { Schema } from '@/lib/api';
import { asked, completed, ID, search, titles, withSearches } from '@/testing/searches';
import { answer, respond, server } from '@/testing/server';
import { work } from '@/testing/works';

withSearches();

describe('with the answer', () => {
  it('narrows by facets, whose numbers follow, and the address remembers', async () => {
    const { user, router } = await search();
    completed(work('w1', { sources: ['pubmed'] }), work('w2'));
    await user.click(screen.getByRole('checkbox', { name: /PubMed 1/ }));
    await waitFor(() => expect(titles()).toEqual(['Work w1']));
    expect(router.state.location.search).toMatchObject({ from: 'pubmed' });
    expect(screen.getByText('1 of 2 works')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Show all works' }));
    await waitFor(() => expect(titles()).toHaveLength(2));
  });

  it('sorts', async () => {
    const { user } = await search();
    completed(work('w1', { title: 'B' }), work('w2', { title: 'A' }));
    await user.selectOptions(screen.getByRole('combobox', { name: 'Order' }), 'Title');
    await waitFor(() => expect(titles()).toEqual(['A', 'B']));
  });

  it('goes through works by j and k, opens by o, selects by x, keeps by s', async () => {
    const opened = vi.spyOn(window, 'open').mockReturnValue(null);
    let kept: unknown;
    server.use(
      answer('get', '/api/v1/history/{id}', { id: ID, is_favorite: false } as never),
      respond('put', '/api/v1/history/{id}/favorite', async ({ request }) => {
        kept = await request.json();
        return HttpResponse.json({});
      }),
    );
    const { user } = await search();
    completed(work('w1'), work('w2'));
    await waitFor(() => expect(screen.getByRole('button', { name: /Keep this search/ })).toBeEnabled());
    await user.keyboard('jjk');
    await waitFor(() => expect(screen.getByRole('article', { name: 'Work w1' })).toHaveFocus());
    await user.keyboard('jox');
    expect(opened).toHaveBeenCalledWith('https://example.org/w2', '_blank', 'noopener');
    expect(screen.getByRole('checkbox', { name: 'Select Work w2' })).toBeChecked();
    expect(screen.getByRole('button', { name: 'Export 1 selected' })).toBeInTheDocument();
    await user.keyboard('s');
    await waitFor(() => expect(kept).toEqual({ is_favorite: true }));
  });

  it('goes to the box by / and by Ctrl K', async () => {
    const { user } = await search();
    completed(work('w1'));
    await user.keyboard('j');
    await waitFor(() => expect(screen.getByRole('article')).toHaveFocus());
    await user.keyboard('/');
    expect(screen.getByRole('combobox', { name: 'What are you looking for?' })).toHaveFocus();
    await user.tab();
    await user.keyboard('{Control>}k{/Control}');
    expect(screen.getByRole('combobox', { name: 'What are you looking for?' })).toHaveFocus();
  });

  it('shows what a work is known by, and never as markup', async () => {
    await search();
    completed(work('w1', { title: '<img src=x onerror=alert(1)> lamps', is_retracted: true, retraction_notice_doi: '10.1/x', oa_status: 'gold', citations: [{ source: 'arxiv', count: 1234 }] }));
    const card = screen.getByRole('article');
    expect(within(card).getByRole('heading')).toHaveTextContent('<img src=x onerror=alert(1)> lamps');
    expect(within(card).getByText('lamps').tagName).toBe('MARK');
    expect(within(card).getByRole('link', { name: 'Retracted: the notice' })).toHaveAttribute('href', 'https://doi.org/10.1/x');
    expect(within(card).getByText('open (gold)')).toBeInTheDocument();
    expect(within(card).getByText('cited by 1,234 (arXiv)')).toBeInTheDocument();
  });

  it('copies a citation', async () => {
    const { user } = await search();
    completed(work('w1', { title: 'Lamps', date: { year: 2020, kind: 'published' } }));
    await user.click(screen.getByRole('button', { name: 'Cite' }));
    await user.click(await screen.findByRole('menuitem', { name: 'APA' }));
    await waitFor(async () => expect(await navigator.clipboard.readText()).toBe('Lovelace, A. (2020). Lamps. https://example.org/w1'));
  });

  it('says why a work stands where it does, and which source says what', async () => {
    const { user } = await search();
    completed(work('w1', { score: 2, why: { fusion: 1.5, text: 0.5, recency: 0, citations: 0, ranks: [{ source: 'arxiv', rank: 3 }], matched: ['lamps'] } }));
    await user.click(screen.getByRole('button', { name: 'Why here' }));
    expect(await screen.findByText('arXiv: 3')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: '1 source' }));
    expect(await screen.findByRole('cell', { name: 'title' })).toBeInTheDocument();
  });

  it('splits a record off after comparing, and asks anew', async () => {
    const records = ['arxiv', 'pubmed'].map((id, at) => ({ source: id, source_id: `${at}`, title: `As ${id} says`, authors: [], type: 'article' }));
    let said: unknown;
    server.use(
      answer('get', '/api/v1/searches/{id}/records', records as never),
      respond('post', '/api/v1/searches/{id}/splits', async ({ request }) => {
        said = await request.json();
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const { user } = await search();
    const version = (id: 'arxiv' | 'pubmed', at: string): Schema<'Version'> => ({ type: 'article', joined_by: 'doi', records: [{ source: id, source_id: at, rank: 1, joined_by: 'first' }] });
    completed(work('w1', { sources: ['arxiv', 'pubmed'], versions: [version('arxiv', '0'), version('pubmed', '1')] }));
    await user.click(screen.getByRole('button', { name: '2 sources' }));
    await user.click(await screen.findByRole('button', { name: /Compare the records/ }));
    expect(await screen.findByRole('cell', { name: 'As pubmed says' })).toBeInTheDocument();
    await user.click(screen.getAllByRole('checkbox', { name: 'another work' })[1]!);
    await user.click(screen.getByRole('button', { name: 'Split it off' }));
    await waitFor(() => expect(said).toEqual({ work: 'w1', records: ['pubmed:1'] }));
    await waitFor(() => expect(asked.at(-1)).toMatchObject({ refresh: true }));
  });

  it('takes an undone merge back', async () => {
    let taken: unknown;
    server.use(
      answer('get', '/api/v1/splits', { splits: [{ one: 'arxiv:1', other: 'pubmed:2' }] }),
      respond('delete', '/api/v1/splits', async ({ request }) => {
        taken = await request.json();
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const { user } = await search();
    completed(work('w1'));
    await user.click(screen.getByRole('button', { name: 'More' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Merges that were undone' }));
    await user.click(await screen.findByRole('button', { name: 'Merge again' }));
    await waitFor(() => expect(taken).toEqual({ one: 'arxiv:1', other: 'pubmed:2' }));
  });

  it('explains the language, and tries an example', async () => {
    const { user, router } = await search();
    completed(work('w1'));
    await user.click(screen.getByRole('button', { name: 'How to write questions' }));
    await user.click(await screen.findByRole('button', { name: 'open:true' }));
    await waitFor(() => expect(router.state.location.search).toMatchObject({ q: 'open:true' }));
  });

  it('asks only the sources that are chosen, for more, and without a trace', async () => {
    const { user } = await search();
    await user.click(screen.getByRole('button', { name: 'What is asked' }));
    await user.click(await screen.findByRole('checkbox', { name: 'arXiv' }));
    await waitFor(() => expect(asked.at(-1)).toMatchObject({ sources: ['pubmed'] }));
  });
});
