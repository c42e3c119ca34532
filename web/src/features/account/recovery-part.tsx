import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Section } from '@/components/ui/section';
import { api, take } from '@/lib/api';

import { useFactorsChanged } from './factors';
import { OwnerDialog } from './owner-dialog';
import rows from './rows.module.css';

/** How many recovery codes are left, and new ones. */
export function RecoveryPart({ left, onCodes }: { left: number; onCodes: (codes: string[]) => void }) {
  const { t } = useTranslation('account');
  const [isOpen, setOpen] = useState(false);
  const changed = useFactorsChanged();
  const button = (
    <Button variant="default" size="compact-md" onClick={() => setOpen(true)}>
      {t('recovery.renew')}
    </Button>
  );
  return (
    <Section level={3} title={t('recovery.title')} lead={t('recovery.left', { count: left })} actions={button}>
      {isOpen && (
        <OwnerDialog
          title={t('recovery.renew')}
          deed={t('recovery.renew')}
          onClose={() => setOpen(false)}
          onConfirm={async (password) => {
            const { recovery_codes } = await take(api.POST('/api/v1/auth/mfa/recovery-codes', { body: { password } }));
            onCodes(recovery_codes);
            await changed();
          }}
        >
          <p className={rows.note}>{t('recovery.renewText')}</p>
        </OwnerDialog>
      )}
    </Section>
  );
}
