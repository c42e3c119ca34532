import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { FormProblem } from '@/components/form-problem';
import type { Schema } from '@/lib/api';
import { hasPasskeys } from '@/lib/passkeys';

import { CodeForm } from './code-form';
import classes from './sign-in.module.css';
import { usePasskey } from './use-passkey';

type Method = Schema<'Method'>;
type Props = { wanted: Schema<'SecondFactorWanted'>; onSignedIn: () => Promise<void>; onBack: () => void };

/** What is wanted after the password: a code of the app, a passkey, or a recovery code; one at a time, and the way to the others. */
export function SecondStep({ wanted, onSignedIn, onBack }: Props) {
  const { t } = useTranslation('sign-in');
  const possible = wanted.methods.filter((method) => method !== 'passkey' || hasPasskeys());
  const [method, setMethod] = useState<Method | undefined>(possible[0]);
  const passkey = usePasskey({ remember: false, mfaToken: wanted.mfa_token, onSignedIn });
  return (
    <div className={classes.ways}>
      {method === undefined && <p className={classes.text}>{t('second.none')}</p>}
      {method === 'passkey' && (
        <>
          <p className={classes.text}>{t('second.passkey')}</p>
          <Button loading={passkey.isPending} onClick={() => passkey.mutate()}>
            {t('passkey.show')}
          </Button>
          <FormProblem error={passkey.error} />
        </>
      )}
      {(method === 'totp' || method === 'recovery_code') && <CodeForm key={method} method={method} mfaToken={wanted.mfa_token} onSignedIn={onSignedIn} />}
      <div className={classes.others}>
        {possible
          .filter((other) => other !== method)
          .map((other) => (
            <Button key={other} size="compact-sm" variant="subtle" onClick={() => setMethod(other)}>
              {t(`second.instead.${other}`)}
            </Button>
          ))}
        <Button size="compact-sm" variant="subtle" color="gray" onClick={onBack}>
          {t('second.back')}
        </Button>
      </div>
    </div>
  );
}
