import { Anchor, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { FormDialog } from '@/components/form-dialog';
import { fieldError } from '@/components/form-problem';
import { CopyButton } from '@/components/ui/copy-button';
import form from '@/components/ui/form.module.css';
import { api, take, type Schema } from '@/lib/api';

import classes from './security.module.css';

type Props = { offered: Schema<'Offered'>; onClose: () => void; onConfirmed: (codes: string[]) => Promise<void> };

/** The picture that an authenticator app reads, the secret for where no camera does, and the first code. */
export function AuthenticatorSetup({ offered, onClose, onConfirmed }: Props) {
  const { t } = useTranslation('account');
  const [code, setCode] = useState('');
  const confirm = async () => onConfirmed((await take(api.POST('/api/v1/auth/mfa/totp/confirm', { body: { code } }))).recovery_codes);
  const secret = offered.secret.replaceAll(/(.{4})(?=.)/g, '$1 ');
  return (
    <FormDialog title={t('totp.setUp')} deed={t('totp.confirm')} isWide fields={['code']} act={confirm} onClose={onClose}>
      {(error) => (
        <>
          <div className={classes.setup}>
            <img className={classes.qr} src={`data:image/svg+xml,${encodeURIComponent(offered.qr_svg)}`} alt={t('totp.picture')} width={208} height={208} />
            <div className={classes.steps}>
              <p>{t('totp.scan')}</p>
              <p>
                <Anchor href={offered.otpauth_url}>{t('totp.here')}</Anchor>
              </p>
              <p>{t('totp.type')}</p>
              <div className={form.buttons}>
                <code className={classes.secret}>{secret}</code>
                <CopyButton text={offered.secret} label={t('totp.copySecret')} />
              </div>
            </div>
          </div>
          <TextInput
            label={t('totp.code')}
            description={t('totp.codeHint')}
            inputMode="numeric"
            autoComplete="one-time-code"
            maxLength={7}
            required
            withAsterisk={false}
            data-autofocus
            value={code}
            onChange={(event) => setCode(event.currentTarget.value.replaceAll(/\s/g, ''))}
            error={fieldError(error, 'code')}
          />
        </>
      )}
    </FormDialog>
  );
}
