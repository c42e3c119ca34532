/** The browser's session: cookies that no script can read, and one (CSRF) that only a page of ours can. */

const REFRESHED_AT = 'pake-refreshed-at';
const signedOut = new Set<() => void>();
let running: Promise<boolean> | undefined;

/** What has to be sent as `x-csrf-token` with whatever changes something. */
export function csrfToken(): string | undefined {
  const cookies = document.cookie.split('; ').map((cookie) => cookie.split('='));
  return cookies.find(([name]) => name === '__Host-pake_csrf' || name === 'pake_csrf')?.[1];
}

/** Says that whoever sat here is signed out, to everybody who wants to know. */
export function endSession(): void {
  for (const listener of signedOut) listener();
}

export function onSignedOut(listener: () => void): () => void {
  signedOut.add(listener);
  return () => void signedOut.delete(listener);
}

/**
 * A new access token for this browser; `false`: the session is over. One at a time over all tabs: a refresh token is
 * good once, and one that is shown twice ends the session. What was refused was asked at `askedAt`: when another tab
 * has refreshed since, there is nothing to do.
 */
export function refresh(askedAt: number): Promise<boolean> {
  running ??= locked(() => refreshOnce(askedAt)).finally(() => {
    running = undefined;
  });
  return running;
}

async function refreshOnce(askedAt: number): Promise<boolean> {
  if (csrfToken() === undefined) return false;
  if (Number(localStorage.getItem(REFRESHED_AT)) > askedAt) return true;
  const response = await fetch('/api/v1/auth/refresh', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-csrf-token': csrfToken() ?? '' },
    body: '{}',
  });
  if (!response.ok) return false;
  localStorage.setItem(REFRESHED_AT, String(Date.now()));
  return true;
}

function locked<T>(work: () => Promise<T>): Promise<T> {
  // Without HTTPS (and not at localhost) there are no locks; then it is single within this tab.
  return 'locks' in navigator ? navigator.locks.request('pake-refresh', work) : work();
}
