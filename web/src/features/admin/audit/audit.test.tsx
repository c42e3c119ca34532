import { screen, waitFor } from '@testing-library/react';
import { HttpResponse } from 'msw';
import { describe, expect, it, vi } from 'vitest';

import type { Schema } from '@/lib/api';
import { saveFile } from '@/lib/save-file';
import { open } from '@/testing/render';
import { answer, refuse, respond, server } from '@/testing/server';

vi.mock('@/lib/save-file', { spy: true });

const ADA = '01a216d2-0000-7000-8000-00000000ada0';
const deed = (seq: number, change: Partial<Schema<'DeedView'>> = {}): Schema<'DeedView'> => ({
  seq, at: '2026-11-26T00:00:00Z', action: 'auth.sign_in', actor: ADA, outcome: 'success', details: {}, signature: 'ab', ip_address: '192.0.2.7', request_id: 'r1', ...change,
});
const people = answer('get', '/api/v1/admin/users', { users: [{ id: ADA, username: 'ada', name: 'Ada', role: 'admin', is_active: true, created_at: '2026-01-01T00:00:00Z' }] });

describe('the audit log', () => {
  it('tells who did what to whom, and what was refused', async () => {
    server.use(people, answer('get', '/api/v1/admin/audit', { entries: [deed(2, { action: 'member.role_changed', target: ADA, details: { from: 'user' } as never }), deed(1, { actor: null, outcome: 'refused', target: '01a216d2-0000-7000-8000-000012345678' })] }));
    await open('/admin/audit');
    const changed = await screen.findByRole('row', { name: /member.role_changed/ });
    await waitFor(() => expect(changed).toHaveTextContent('fromuserrequestr1number2adaadadone192.0.2.7'));
    expect(screen.getByRole('row', { name: /auth.sign_in/ })).toHaveTextContent('nobody known…12345678refused');
  });

  it('asks for the names of those who are not among the first people', async () => {
    const [mary, gone] = ['01a216d2-0000-7000-8000-000000003a17', '01a216d2-0000-7000-8000-0000000090e1'];
    const asked: string[] = [];
    server.use(
      answer('get', '/api/v1/admin/users', { users: [], next: 'more' }),
      respond('get', '/api/v1/admin/users/{id}', ({ params }) => {
        asked.push(String(params.id));
        return params.id === mary ? HttpResponse.json({ id: mary, username: 'mary' }) : HttpResponse.json({ title: 'Nobody', status: 404 }, { status: 404 });
      }),
      answer('get', '/api/v1/admin/audit', { entries: [deed(2, { action: 'account.deactivated', actor: gone, target: mary }), deed(1, { action: 'job.retried', actor: mary, target: '01a216d2-0000-7000-8000-000012345678' })] }),
    );
    await open('/admin/audit');
    expect(await screen.findAllByRole('link', { name: 'mary' })).toHaveLength(2);
    expect(screen.getByRole('row', { name: /account.deactivated/ })).toHaveTextContent('000090e1');
    // What was done to no person is nobody's name.
    expect(asked.toSorted()).toEqual([mary, gone].toSorted());
  });

  it('is narrowed by person, action and time, page by page', async () => {
    const asked: string[] = [];
    server.use(
      people,
      respond('get', '/api/v1/admin/audit', ({ request }) => {
        asked.push(new URL(request.url).search);
        return HttpResponse.json({ entries: [deed(asked.length)], next: asked.length === 1 ? 7 : null });
      }),
    );
    const { user } = await open(`/admin/audit?actor=${ADA}&from=nonsense`);
    await user.click(await screen.findByRole('button', { name: 'Show more' }));
    await waitFor(() => expect(asked).toEqual([`?actor=${ADA}`, `?actor=${ADA}&before=7`]));
    await user.selectOptions(screen.getByLabelText('Action'), 'token.created');
    await waitFor(() => expect(asked.at(-1)).toBe(`?actor=${ADA}&action=token.created`));
  });

  it.each([
    [{ is_whole: true, rows: 21 }, 'Whole: all 21 rows are as they were written'],
    [{ is_whole: false, rows: 4, broken_at: 5 }, 'Not whole: row 5 was changed or is missing'],
  ])('is verified: %o', async (verdict, words) => {
    server.use(people, answer('get', '/api/v1/admin/audit', { entries: [] }), answer('get', '/api/v1/admin/audit/verify', verdict));
    const { user } = await open('/admin/audit');
    expect(await screen.findByText('Nothing of that kind was done')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Verify' }));
    expect(await screen.findByText(words)).toBeInTheDocument();
  });

  it('is taken away whole, a line of JSON each', async () => {
    const save = vi.mocked(saveFile).mockImplementation(() => undefined);
    server.use(
      people,
      respond('get', '/api/v1/admin/audit', ({ request }) => HttpResponse.json(new URL(request.url).searchParams.has('before') ? { entries: [deed(1)] } : { entries: [deed(3), deed(2)], next: 2 })),
    );
    const { user } = await open('/admin/audit');
    await user.click(await screen.findByRole('button', { name: 'Download (NDJSON)' }));
    await waitFor(() => expect(save).toHaveBeenCalled());
    const { blob, name } = save.mock.calls[0]![0];
    expect(name).toMatch(/^pake-audit-\d{4}-\d\d-\d\d\.ndjson$/);
    const lines = (await blob.text()).trim().split('\n').map((line) => (JSON.parse(line) as { seq: number }).seq);
    expect(lines).toEqual([3, 2, 1]);
  });

  it('says why it cannot be verified', async () => {
    server.use(people, answer('get', '/api/v1/admin/audit', { entries: [] }), refuse('get', '/api/v1/admin/audit/verify', 429, { title: 'Too many' }));
    const { user } = await open('/admin/audit');
    await user.click(await screen.findByRole('button', { name: 'Verify' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('Too many');
  });
});
