/** What a browser does with passkeys (WebAuthn); the questions and answers travel as the server writes and reads them. */

/** Why there is no passkey: the person went back or did not answer in time, this device has one already, or it has none that fits. */
export type PasskeyObstacle = 'cancelled' | 'known' | 'unfit';

export class NoPasskey extends Error {
  override readonly name = 'NoPasskey';
  readonly obstacle: PasskeyObstacle;

  constructor(obstacle: PasskeyObstacle, cause: unknown) {
    super(obstacle, { cause });
    this.obstacle = obstacle;
  }
}

type Question = { publicKey: unknown };

/** Whether this browser, at this address, can do anything with passkeys. */
export function hasPasskeys(): boolean {
  return 'PublicKeyCredential' in window && 'parseRequestOptionsFromJSON' in PublicKeyCredential;
}

/** Whether passkeys can be offered where a name is typed. */
export async function canFillIn(): Promise<boolean> {
  return hasPasskeys() && (await PublicKeyCredential.isConditionalMediationAvailable());
}

function obstacle(error: unknown): unknown {
  if (!(error instanceof DOMException)) return error;
  if (error.name === 'AbortError') return error;
  if (error.name === 'InvalidStateError') return new NoPasskey('known', error);
  return new NoPasskey(error.name === 'NotAllowedError' ? 'cancelled' : 'unfit', error);
}

/** Has the authenticator make a passkey. */
export async function makePasskey(question: unknown): Promise<Record<string, never>> {
  const { publicKey } = question as Question;
  const options = PublicKeyCredential.parseCreationOptionsFromJSON(publicKey as PublicKeyCredentialCreationOptionsJSON);
  try {
    return written(await navigator.credentials.create({ publicKey: options }));
  } catch (error) {
    throw obstacle(error);
  }
}

/** Has the authenticator show a passkey: in a window of its own, or (`conditional`) where the name is typed. */
export async function showPasskey(question: unknown, how: { signal?: AbortSignal; mediation?: 'conditional' } = {}): Promise<Record<string, never>> {
  const { publicKey } = question as Question;
  const options = PublicKeyCredential.parseRequestOptionsFromJSON(publicKey as PublicKeyCredentialRequestOptionsJSON);
  try {
    return written(await navigator.credentials.get({ publicKey: options, ...how }));
  } catch (error) {
    throw obstacle(error);
  }
}

/** As the server reads it. */
function written(credential: Credential | null): Record<string, never> {
  return (credential as PublicKeyCredential).toJSON() as unknown as Record<string, never>;
}
