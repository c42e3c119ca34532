import { useTranslation } from 'react-i18next';

import { api, take, type Schema } from '@/lib/api';

import { useFactorsChanged } from './factors';
import { NameDialog } from './name-dialog';

export function RenamePasskey({ passkey, onClose }: { passkey: Schema<'PasskeyView'>; onClose: () => void }) {
  const { t } = useTranslation('account');
  const changed = useFactorsChanged();
  const save = async (name: string) => {
    await take(api.PUT('/api/v1/auth/passkeys/{id}', { params: { path: { id: passkey.id } }, body: { name } }));
    await changed();
  };
  const title = t('passkeys.renameThis', { name: passkey.name });
  return <NameDialog title={title} label={t('passkeys.name')} deed={t('passkeys.rename')} before={passkey.name} save={save} onClose={onClose} />;
}
