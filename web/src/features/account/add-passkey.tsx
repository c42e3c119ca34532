import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { say } from '@/components/ui/sayings';
import { api, take } from '@/lib/api';
import { makePasskey } from '@/lib/passkeys';

import { deviceOf } from './device';
import { useFactorsChanged } from './factors';
import { OwnerDialog } from './owner-dialog';
import rows from './rows.module.css';

/** Has the browser make a passkey, under a name by which its person will know it. */
export function AddPasskey({ onClose, onCodes }: { onClose: () => void; onCodes: (codes: string[]) => void }) {
  const { t } = useTranslation('account');
  const device = deviceOf(navigator.userAgent);
  const [name, setName] = useState(device ? t('device', device) : '');
  const changed = useFactorsChanged();
  const add = async (password: string | null) => {
    const asked = await take(api.POST('/api/v1/auth/passkeys/register', { body: { password } }));
    const credential = await makePasskey(asked.options);
    const kept = await take(api.POST('/api/v1/auth/passkeys', { body: { passkey_token: asked.passkey_token, name, credential } }));
    onCodes(kept.recovery_codes ?? []);
    await changed();
    say(t('passkeys.added'));
  };
  return (
    <OwnerDialog title={t('passkeys.add')} deed={t('passkeys.make')} onClose={onClose} onConfirm={add}>
      <p className={rows.note}>{t('passkeys.addText')}</p>
      <TextInput label={t('passkeys.name')} value={name} maxLength={100} required withAsterisk={false} onChange={(event) => setName(event.currentTarget.value)} />
    </OwnerDialog>
  );
}
