/** What a link that PAKE prints or mails carries behind the `#`: its secret, and whether it is to set a password. */
export type SecretLink = { token: string; isReset: boolean };

const KEPT = 'pake-link';

export function readLink(hash: string): SecretLink | undefined {
  const [token, purpose] = hash.split(',');
  if (token === undefined || !/^pake_\w{2}_[\w-]+$/.test(token)) return undefined;
  return { token, isReset: purpose === 'reset' };
}

/** Keeps a link while its person signs in first or loads the page again: in this tab only, and out of the address. */
export function keepLink(hash: string): void {
  sessionStorage.setItem(KEPT, hash);
}

export function keptLink(): SecretLink | undefined {
  return readLink(sessionStorage.getItem(KEPT) ?? '');
}

export function forgetLink(): void {
  sessionStorage.removeItem(KEPT);
}
