import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { say } from '@/components/ui/sayings';
import { Section } from '@/components/ui/section';
import { StateWord } from '@/components/ui/state-word';
import { Time } from '@/components/ui/time';
import { api, take, type Schema } from '@/lib/api';

import { AuthenticatorSetup } from './authenticator-setup';
import { useFactorsChanged } from './factors';
import { OwnerDialog } from './owner-dialog';
import rows from './rows.module.css';

type Props = { since: string | undefined; onCodes: (codes: string[]) => void };

/** The authenticator app: setting it up, giving it up. */
export function AuthenticatorPart({ since, onCodes }: Props) {
  const { t } = useTranslation('account');
  const [step, setStep] = useState<'offer' | 'remove'>();
  const [offered, setOffered] = useState<Schema<'Offered'>>();
  const changed = useFactorsChanged();
  const close = () => setStep(undefined);
  const button = since === undefined ? (
    <Button variant="default" size="compact-md" onClick={() => setStep('offer')}>
      {t('totp.setUp')}
    </Button>
  ) : (
    <Button variant="default" color="red" size="compact-md" onClick={() => setStep('remove')}>
      {t('totp.remove')}
    </Button>
  );
  return (
    <Section level={3} title={t('totp.title')} lead={t('totp.lead')} actions={button}>
      {since !== undefined && (
        <p className={rows.note}>
          <StateWord tone="good">{t('totp.on')}</StateWord> {t('totp.since')} <Time at={since} />
        </p>
      )}
      {step === 'offer' && (
        <OwnerDialog
          title={t('totp.setUp')}
          deed={t('totp.next')}
          onClose={close}
          onConfirm={async (password) => setOffered(await take(api.POST('/api/v1/auth/mfa/totp', { body: { password } })))}
        />
      )}
      {step === 'remove' && (
        <OwnerDialog
          title={t('totp.remove')}
          deed={t('totp.remove')}
          isDangerous
          onClose={close}
          onConfirm={async (password) => {
            await take(api.POST('/api/v1/auth/mfa/disable', { body: { password } }));
            await changed();
            say(t('totp.removed'));
          }}
        >
          <p className={rows.note}>{t('totp.removeText')}</p>
        </OwnerDialog>
      )}
      {offered && (
        <AuthenticatorSetup
          offered={offered}
          onClose={() => setOffered(undefined)}
          onConfirmed={async (codes) => {
            setOffered(undefined);
            onCodes(codes);
            say(t('totp.done'));
            await changed();
          }}
        />
      )}
    </Section>
  );
}
