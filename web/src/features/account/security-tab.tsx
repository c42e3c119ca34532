import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Failure } from '@/components/failure';
import { Loading } from '@/components/ui/loading';
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
      {factors.isPending && <Loading />}
      {factors.isError && <Failure error={factors.error} onRetry={() => void factors.refetch()} />}
      {factors.data && (
        <>
          <AuthenticatorPart since={factors.data.totp_since ?? undefined} onCodes={show} />
          <PasskeysPart onCodes={show} />
          {factors.data.is_enabled && <RecoveryPart left={factors.data.recovery_codes_left} onCodes={show} />}
        </>
      )}
    </Section>
  );
}
