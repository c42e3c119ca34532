import { useMutation } from '@tanstack/react-query';
import { useCallback, useEffect, useRef } from 'react';

import { api, take } from '@/lib/api';
import { canFillIn, showPasskey } from '@/lib/passkeys';

/** In this browser somebody has signed in with a passkey before. */
const KNOWN = 'pake-passkey';

type How = { remember: boolean; mfaToken?: string | undefined; onSignedIn: () => Promise<void> };

async function signIn({ remember, mfaToken, mediation, signal }: Omit<How, 'onSignedIn'> & { mediation?: 'conditional'; signal?: AbortSignal }) {
  const asked = await take(api.POST('/api/v1/auth/passkeys/options', { body: {} }));
  const credential = await showPasskey(asked.options, { ...(mediation && { mediation }), ...(signal && { signal }) });
  const body = { passkey_token: asked.passkey_token, credential, mfa_token: mfaToken ?? null, remember_me: remember, session: 'cookie' as const };
  await take(api.POST('/api/v1/auth/passkeys/login', { body }));
  localStorage.setItem(KNOWN, 'yes');
}

/**
 * Signing in with a passkey. Each question counts as an attempt to sign in, so that it is put when somebody asks for it: by the
 * button, or by going to the name in a browser in which a passkey was used before.
 */
export function usePasskey({ remember, mfaToken, onSignedIn }: How) {
  const waiting = useRef<AbortController>(undefined);
  const stop = useCallback(() => {
    waiting.current?.abort();
    waiting.current = undefined;
  }, []);
  useEffect(() => stop, [stop]);
  const mutation = useMutation({
    mutationFn: () => {
      stop();
      return signIn({ remember, mfaToken });
    },
    onSuccess: onSignedIn,
  });
  const fillIn = async () => {
    if (waiting.current || localStorage.getItem(KNOWN) === null || !(await canFillIn())) return;
    const controller = new AbortController();
    waiting.current = controller;
    try {
      await signIn({ remember, mediation: 'conditional', signal: controller.signal });
      await onSignedIn();
    } catch {
      // Nobody chose one: the name and the button are still there.
    }
  };
  return { ...mutation, fillIn, stop };
}
