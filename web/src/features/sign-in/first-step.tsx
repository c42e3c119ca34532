import { Button, Divider } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Failure } from '@/components/failure';
import { FormProblem } from '@/components/form-problem';
import type { Schema } from '@/lib/api';
import { hasPasskeys } from '@/lib/passkeys';

import { PasswordForm } from './password-form';
import { Providers } from './providers';
import classes from './sign-in.module.css';
import { usePasskey } from './use-passkey';
import { waysInQuery } from './ways-in';

type Props = {
  destination: string;
  onSignedIn: () => Promise<void>;
  onWanted: (wanted: Schema<'SecondFactorWanted'>) => void;
};

/** Every way to sign in: a passkey first, other houses, name and password. */
export function FirstStep({ destination, onSignedIn, onWanted }: Props) {
  const { t } = useTranslation('sign-in');
  const { data: ways, error, refetch } = useQuery(waysInQuery);
  const [remember, setRemember] = useState(false);
  const passkey = usePasskey({ remember, onSignedIn });
  const takesPasskeys = ways?.passkeys === true && hasPasskeys();
  const hasOthers = takesPasskeys || ways?.proxy === true || (ways?.providers.length ?? 0) > 0;
  return (
    <div className={classes.ways}>
      {takesPasskeys && (
        <Button fullWidth leftSection={<IconKey size={18} aria-hidden />} loading={passkey.isPending} onClick={() => passkey.mutate()}>
          {t('passkey.button')}
        </Button>
      )}
      <FormProblem error={passkey.error} />
      {ways && <Providers ways={ways} destination={destination} onSignedIn={onSignedIn} />}
      {error && <Failure error={error} onRetry={() => void refetch()} />}
      {(hasOthers || error) && <Divider label={t('signIn.or')} />}
      <PasswordForm
        isFirst={!hasOthers}
        remember={remember}
        onRemember={setRemember}
        onName={() => {
          if (takesPasskeys) void passkey.fillIn();
        }}
        onSend={passkey.stop}
        onSignedIn={onSignedIn}
        onWanted={onWanted}
      />
    </div>
  );
}
