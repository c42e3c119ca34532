/** What somebody holds beside their password: an authenticator app, a device with passkeys. */
import { createHmac } from 'node:crypto';

import type { Page } from '@playwright/test';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const STEP = 30_000;

/** The code that an authenticator app shows for this secret (RFC 6238); `after` so many half minutes. */
export function codeOf(secret: string, after = 0): string {
  const bits = Array.from(secret.replaceAll(/\s/g, ''), (letter) => LETTERS.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / STEP) + after));
  const hash = createHmac('sha1', key).update(counter).digest();
  const place = hash[hash.length - 1]! & 15;
  return String((hash.readUInt32BE(place) & 0x7f_ff_ff_ff) % 1_000_000).padStart(6, '0');
}

/** From now on the browser has an authenticator that knows its person and always says yes. */
export async function giveAuthenticator(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const options = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } as const;
  await session.send('WebAuthn.addVirtualAuthenticator', { options });
}
