/** What public/scheme.js has asked for while the scripts of the page were on their way. */

type Asked = Window & { pakeFirst?: Map<string, Promise<Response>> };

/** What was not asked for by now is asked for when it is wanted: an answer is not kept. */
export function forgetFirst(): void {
  (window as Asked).pakeFirst?.clear();
}

/** The answer to a request that was sent before the app could; good once. */
export function takeFirst({ method, url }: Request): Promise<Response> | undefined {
  const asked = (window as Asked).pakeFirst;
  const path = url.slice(window.location.origin.length);
  const answer = method === 'GET' ? asked?.get(path) : undefined;
  asked?.delete(path);
  return answer;
}
