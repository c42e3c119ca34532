import { Anchor, Button, Modal, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { fieldError, FormProblem, isOfField } from '@/components/form-problem';
import { CopyButton } from '@/components/ui/copy-button';
import form from '@/components/ui/form.module.css';
import { api, take, type Schema } from '@/lib/api';

import classes from './security.module.css';

type Props = { offered: Schema<'Offered'>; onClose: () => void; onConfirmed: (codes: string[]) => Promise<void> };

/** The picture that an authenticator app reads, the secret for where no camera does, and the first code. */
export function AuthenticatorSetup({ offered, onClose, onConfirmed }: Props) {
  const { t } = useTranslation(['account', 'shell']);
  const [code, setCode] = useState('');
  const confirming = useMutation({
    mutationFn: () => take(api.POST('/api/v1/auth/mfa/totp/confirm', { body: { code } })),
    onSuccess: ({ recovery_codes }) => onConfirmed(recovery_codes),
  });
  const secret = offered.secret.replaceAll(/(.{4})(?=.)/g, '$1 ');
  return (
    <Modal opened onClose={onClose} title={t('totp.setUp')} size="lg" closeButtonProps={{ 'aria-label': t('shell:close') }}>
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
      <form
        className={form.form}
        onSubmit={(event) => {
          event.preventDefault();
          confirming.mutate();
        }}
      >
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
          error={fieldError(confirming.error, 'code')}
        />
        {!isOfField(confirming.error, ['code']) && <FormProblem error={confirming.error} />}
        <div className={form.buttons}>
          <Button type="submit" loading={confirming.isPending}>
            {t('totp.confirm')}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t('shell:cancel')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
