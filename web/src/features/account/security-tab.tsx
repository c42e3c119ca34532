import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { Section } from '@/components/ui/section';
import { useMe } from '@/lib/me';

import { AuthenticatorPart } from './authenticator-part';
import { factorsQuery } from './factors';
import { PasskeysPart } from './passkeys-part';
import { PasswordPart } from './password-part';
import { RecoveryCodes } from './recovery-codes';
import { RecoveryPart } from './recovery-part';

/** How one signs in: password, authenticator app, passkeys, recovery codes. */
export function SecurityTab() {
  const { t } = useTranslation('account');
  const me = useMe();
  const factors = useQuery(factorsQuery);
  const [codes, setCodes] = useState<string[]>([]);
  const show = (fresh: string[]) => {
    if (fresh.length > 0) setCodes(fresh);
  };
  if (me?.session_id === null) return <Section title={t('security.title')} lead={t('open')} />;
  return (
    <Section title={t('security.title')}>
      {codes.length > 0 && <RecoveryCodes codes={codes} onDone={() => setCodes([])} />}
      <PasswordPart />
      <Loaded query={factors}>
        {({ totp_since: since, is_enabled: isEnabled, recovery_codes_left: left }) => (
          <>
            <AuthenticatorPart since={since ?? undefined} onCodes={show} />
            <PasskeysPart onCodes={show} />
            {isEnabled && <RecoveryPart left={left} onCodes={show} />}
          </>
        )}
      </Loaded>
    </Section>
  );
}
