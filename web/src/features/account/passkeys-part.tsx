import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { Empty } from '@/components/ui/empty';
import { say } from '@/components/ui/sayings';
import { Section } from '@/components/ui/section';
import { Time } from '@/components/ui/time';
import { api, take, type Schema } from '@/lib/api';
import { hasPasskeys } from '@/lib/passkeys';

import { AddPasskey } from './add-passkey';
import { passkeysQuery, useFactorsChanged } from './factors';
import { OwnerDialog } from './owner-dialog';
import { RenamePasskey } from './rename-passkey';
import rows from './rows.module.css';

type Passkey = Schema<'PasskeyView'>;

/** One's passkeys: adding, renaming, taking away. */
export function PasskeysPart({ onCodes }: { onCodes: (codes: string[]) => void }) {
  const { t } = useTranslation('account');
  const passkeys = useQuery(passkeysQuery);
  const [open, setOpen] = useState<{ deed: 'add' } | { deed: 'rename' | 'remove'; passkey: Passkey }>();
  const changed = useFactorsChanged();
  const close = () => setOpen(undefined);
  const button = hasPasskeys() && (
    <Button variant="default" size="compact-md" onClick={() => setOpen({ deed: 'add' })}>
      {t('passkeys.add')}
    </Button>
  );
  return (
    <Section level={3} title={t('passkeys.title')} lead={t('passkeys.lead')} actions={button}>
      <Loaded query={passkeys} lines={2}>
        {({ passkeys }) =>
          passkeys.length === 0 ? (
            <Empty title={t('passkeys.none')}>{hasPasskeys() ? t('passkeys.noneText') : t('passkeys.unable')}</Empty>
          ) : (
            <ul className={rows.rows}>
              {passkeys.map((passkey) => (
                <li key={passkey.id} className={rows.row}>
                  <div className={rows.what}>
                    <span className={rows.name}>{passkey.name}</span>
                    <span className={rows.meta}>
                      <span>
                        {t('passkeys.made')} <Time at={passkey.created_at} />
                      </span>
                      {passkey.last_used_at != null && (
                        <span>
                          {t('passkeys.used')} <Time at={passkey.last_used_at} />
                        </span>
                      )}
                    </span>
                  </div>
                  <div className={rows.deeds}>
                    <Button size="compact-sm" variant="default" aria-label={t('passkeys.renameThis', { name: passkey.name })} onClick={() => setOpen({ deed: 'rename', passkey })}>
                      {t('passkeys.rename')}
                    </Button>
                    <Button size="compact-sm" variant="default" color="red" aria-label={t('passkeys.removeThis', { name: passkey.name })} onClick={() => setOpen({ deed: 'remove', passkey })}>
                      {t('passkeys.remove')}
                    </Button>
                  </div>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {open?.deed === 'add' && <AddPasskey onClose={close} onCodes={onCodes} />}
      {open?.deed === 'rename' && <RenamePasskey passkey={open.passkey} onClose={close} />}
      {open?.deed === 'remove' && (
        <OwnerDialog
          title={t('passkeys.removeThis', { name: open.passkey.name })}
          deed={t('passkeys.remove')}
          isDangerous
          onClose={close}
          onConfirm={async (password) => {
            await take(api.DELETE('/api/v1/auth/passkeys/{id}', { params: { path: { id: open.passkey.id } }, body: { password } }));
            await changed();
            say(t('passkeys.removed'));
          }}
        >
          <p className={rows.note}>{t('passkeys.removeText')}</p>
        </OwnerDialog>
      )}
    </Section>
  );
}
