import { vi } from 'vitest';

type Answer = () => Promise<unknown>;

/** A browser that knows passkeys, and answers like this when it is asked to show or to make one. */
export function withPasskeys(answers: { show?: Answer; make?: Answer } = {}) {
  const credential = { id: 'credential', type: 'public-key' };
  const give: Answer = () => Promise.resolve({ toJSON: () => credential });
  const get = vi.fn(answers.show ?? give);
  const create = vi.fn(answers.make ?? give);
  vi.stubGlobal('PublicKeyCredential', {
    parseRequestOptionsFromJSON: (options: unknown) => options,
    parseCreationOptionsFromJSON: (options: unknown) => options,
    isConditionalMediationAvailable: () => Promise.resolve(true),
  });
  Object.defineProperty(navigator, 'credentials', { value: { get, create }, configurable: true });
  return { get, create, credential };
}
