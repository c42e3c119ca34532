import { http, HttpResponse, type HttpResponseResolver } from 'msw';
import { setupServer } from 'msw/node';

import type { paths } from '@/lib/schema.gen';

import { me, workspaces } from './people';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Success = 200 | 201 | 202;
type PathWith<M extends Method> = { [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never }[keyof paths];
type Responses<P extends keyof paths, M extends Method> = paths[P] extends Record<M, { responses: infer R }> ? R : never;
type Body<R> = { [S in Extract<keyof R, Success>]: R[S] extends { content: { 'application/json': infer B } } ? B : never }[Extract<keyof R, Success>];
type Json<P extends keyof paths, M extends Method> = Body<Responses<P, M>>;

/** The address as MSW writes it: `{id}` is `:id`. */
const pattern = (path: string) => `*${path.replaceAll(/\{(\w+)\}/g, ':$1')}`;

/** Answers a route of the server's document with a body of its type: `answer('get', '/api/v1/sources', { sources: [] })`. */
export function answer<M extends Method, P extends PathWith<M>>(method: M, path: P, body: Json<P, M>, status: Success = 200) {
  return http[method](pattern(path), () => HttpResponse.json(body as never, { status }));
}

/** Answers with nothing but a status: 204. */
export function done<M extends Method>(method: M, path: PathWith<M>) {
  return http[method](pattern(path), () => new HttpResponse(null, { status: 204 }));
}

/** Answers with a problem. */
export function refuse<M extends Method>(method: M, path: PathWith<M>, status: number, problem: Record<string, unknown> = {}) {
  const body = { type: 'about:blank', title: 'Refused', detail: 'The server refused.', status, request_id: 'request-1', ...problem };
  return http[method](pattern(path), () => HttpResponse.json(body, { status, headers: { 'content-type': 'application/problem+json' } }));
}

/** Does not answer at all: no network, or no server. */
export function failing<M extends Method>(method: M, path: PathWith<M>) {
  return http[method](pattern(path), () => HttpResponse.error());
}

/** Answers by what was asked; see MSW for `resolver`. */
export function respond<M extends Method>(method: M, path: PathWith<M>, resolver: HttpResponseResolver) {
  return http[method](pattern(path), resolver);
}

/** What every page asks. A test says the rest with `server.use(answer(…))`. */
export const server = setupServer(
  answer('get', '/api/v1/auth/me', me()),
  answer('get', '/api/v1/workspaces', workspaces()),
  answer('get', '/api/v1/auth/providers', { providers: [], passkeys: false, proxy: false }),
);
