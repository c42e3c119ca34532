import { http, HttpResponse } from 'msw';
import { afterEach, expect, it } from 'vitest';

import { answer, refuse, server } from '@/testing/server';

import { api, take, takeFile } from './api';
import { forgetFirst } from './first-answers';
import { mayPass, ProblemError, Unreachable } from './problem';
import { onSignedOut } from './session';

afterEach(() => {
  document.cookie = 'pake_csrf=; expires=Thu, 01 Jan 1970 00:00:00 GMT';
});

const sources = () => take(api.GET('/api/v1/sources'));

it('gives the data of an answer', async () => {
  server.use(answer('get', '/api/v1/sources', { sources: [] }));
  await expect(sources()).resolves.toEqual({ sources: [] });
});

it('throws the problem that the server tells, with the id to ask about it', async () => {
  server.use(refuse('get', '/api/v1/sources', 429, { error: 'too_many', detail: 'wait', details: { parameter: 'limit' } }));
  const error = await sources().catch((error: unknown) => error);
  expect(error).toBeInstanceOf(ProblemError);
  expect(error).toMatchObject({ status: 429, code: 'too_many', detail: 'wait', requestId: 'request-1', parameter: 'limit' });
  expect(mayPass(error)).toBe(true);
});

it('makes a problem of an answer that is none', async () => {
  server.use(http.get('*/api/v1/sources', () => new HttpResponse('<h1>Bad gateway</h1>', { status: 502, headers: { 'retry-after': '7', 'x-request-id': 'r' } })));
  await expect(sources()).rejects.toMatchObject({ status: 502, requestId: 'r', retryAfter: 7 });
});

it('takes what was asked for before the app was there, once', async () => {
  const before = Response.json({ sources: [{ id: 'arxiv' }] });
  Object.assign(window, { pakeFirst: new Map([['/api/v1/sources', Promise.resolve(before)]]) });
  server.use(answer('get', '/api/v1/sources', { sources: [] }));
  await expect(sources()).resolves.toMatchObject({ sources: [{ id: 'arxiv' }] });
  await expect(sources()).resolves.toEqual({ sources: [] });
});

it('forgets what was asked for before and not wanted', async () => {
  Object.assign(window, { pakeFirst: new Map([['/api/v1/sources', Promise.resolve(Response.error())]]) });
  server.use(answer('get', '/api/v1/sources', { sources: [] }));
  forgetFirst();
  await expect(sources()).resolves.toEqual({ sources: [] });
});

it('says when nothing came back', async () => {
  server.use(http.get('*/api/v1/sources', () => HttpResponse.error()));
  const error = await sources().catch((error: unknown) => error);
  expect(error).toBeInstanceOf(Unreachable);
  expect(mayPass(error)).toBe(true);
  expect(mayPass(new Error('other'))).toBe(false);
});

it('shows what only a page of ours can read with whatever changes something', async () => {
  document.cookie = 'pake_csrf=secret';
  let shown: string | null = null;
  server.use(
    http.delete('*/api/v1/history', ({ request }) => {
      shown = request.headers.get('x-csrf-token');
      return HttpResponse.json({ deleted: 1 });
    }),
  );
  await take(api.DELETE('/api/v1/history'));
  expect(shown).toBe('secret');
});

it('refreshes once for all who were refused, and asks again', async () => {
  document.cookie = 'pake_csrf=secret';
  let refreshed = 0;
  server.use(
    http.post('*/api/v1/auth/refresh', () => {
      refreshed += 1;
      return HttpResponse.json({});
    }),
    http.get('*/api/v1/sources', () => (refreshed === 0 ? HttpResponse.json({}, { status: 401 }) : HttpResponse.json({ sources: [] }))),
  );
  await Promise.all([sources(), sources(), sources()]);
  expect(refreshed).toBe(1);
});

it('does not refresh when another tab has', async () => {
  document.cookie = 'pake_csrf=secret';
  let asked = 0;
  server.use(
    http.get('*/api/v1/sources', () => {
      asked += 1;
      if (asked > 1) return HttpResponse.json({ sources: [] });
      localStorage.setItem('pake-refreshed-at', String(Date.now() + 1000));
      return HttpResponse.json({}, { status: 401 });
    }),
  );
  await expect(sources()).resolves.toEqual({ sources: [] });
});

it('tells the page when the session is over', async () => {
  let told = 0;
  const stop = onSignedOut(() => (told += 1));
  document.cookie = 'pake_csrf=secret';
  server.use(refuse('get', '/api/v1/sources', 401), refuse('post', '/api/v1/auth/refresh', 401));
  await expect(sources()).rejects.toMatchObject({ status: 401 });
  stop();
  expect(told).toBe(1);
});

it('takes a wrong password for what it is, not for the end of a session', async () => {
  let told = 0;
  const stop = onSignedOut(() => (told += 1));
  server.use(refuse('post', '/api/v1/auth/login', 401));
  await expect(take(api.POST('/api/v1/auth/login', { body: { username: 'ada', password: 'no' } as never }))).rejects.toMatchObject({ status: 401 });
  stop();
  expect(told).toBe(0);
});

it('takes a file with the name that the server gives it', async () => {
  server.use(http.get('*/api/v1/history/export', () => new HttpResponse('a,b', { headers: { 'content-disposition': 'attachment; filename="history.csv"' } })));
  const { blob, name } = await takeFile('/api/v1/history/export?format=csv');
  expect([await blob.text(), name]).toEqual(['a,b', 'history.csv']);
});

it('says why a file could not be had', async () => {
  server.use(refuse('get', '/api/v1/history/export', 400, { error: 'invalid' }));
  await expect(takeFile('/api/v1/history/export?format=x')).rejects.toMatchObject({ code: 'invalid' });
});
