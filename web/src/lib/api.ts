import createClient from 'openapi-fetch';

import { takeFirst } from './first-answers';
import { ProblemError, Unreachable, type Problem } from './problem';
import type { components, paths } from './schema.gen';
import { csrfToken, endSession, refresh } from './session';

/** The types of the server's document by name: `Schema<'Work'>`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

const isSafe = (method: string) => method === 'GET' || method === 'HEAD';
/** Here a 401 is the answer to what was typed, not the end of a session. */
const isSigningIn = (url: string) => /\/auth\/(login|mfa|passkeys\/login|register|refresh|proxy)$/.test(new URL(url).pathname);

async function send(request: Request): Promise<Response> {
  const token = csrfToken();
  if (token !== undefined && !isSafe(request.method)) request.headers.set('x-csrf-token', token);
  try {
    return await (takeFirst(request) ?? fetch(request));
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Unreachable(error);
  }
}

/** Sends a request; once more after a new access token when the old one was over. */
async function sendInSession(request: Request): Promise<Response> {
  const again = request.clone();
  const askedAt = Date.now();
  const response = await send(request);
  if (response.status !== 401 || isSigningIn(request.url)) return response;
  if (await refresh(askedAt)) return send(again);
  endSession();
  return response;
}

/** The server's API, typed by its own document. */
export const api = createClient<paths>({ baseUrl: window.location.origin, fetch: sendInSession });

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The data of an answer; throws a `ProblemError` or `Unreachable`. `await take(api.GET('/api/v1/sources'))` */
export async function take<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (response.ok) return data as T;
  throw new ProblemError(error ?? {}, response);
}

/** Asks for a file (an export) as the browser's session, and gives its bytes with the name that the server chose. */
export async function takeFile(path: string): Promise<{ blob: Blob; name: string }> {
  const response = await sendInSession(new Request(new URL(path, window.location.origin)));
  if (!response.ok) throw new ProblemError((await response.json().catch(() => ({}))) as Partial<Problem>, response);
  const name = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1];
  return { blob: await response.blob(), name: name ?? 'pake' };
}
