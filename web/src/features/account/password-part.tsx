import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { FormDialog } from '@/components/form-dialog';
import { fieldError, isOfField } from '@/components/form-problem';
import { NewPassword } from '@/components/new-password';
import { PasswordField } from '@/components/ui/password-field';
import { say } from '@/components/ui/sayings';
import { Section } from '@/components/ui/section';
import { api, take } from '@/lib/api';
import { useMe } from '@/lib/me';

const FIELDS = ['current_password', 'new_password'];

function ChangePassword({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('account');
  const me = useMe();
  const [old, setOld] = useState('');
  const [password, setPassword] = useState('');
  const change = async () => {
    await take(api.PUT('/api/v1/auth/password', { body: { current_password: old, new_password: password } }));
    say(t('password.changed'));
  };
  return (
    <FormDialog title={t('password.change')} deed={t('password.change')} fields={FIELDS} act={change} onClose={onClose}>
      {(error) => (
        <>
          <PasswordField label={t('password.current')} value={old} onChange={setOld} required withAsterisk={false} data-autofocus error={isOfField(error, ['current_password']) && t('owner.wrong')} />
          <NewPassword label={t('password.new')} value={password} onChange={setPassword} error={fieldError(error, 'new_password')} about={{ username: me?.username ?? '' }} />
        </>
      )}
    </FormDialog>
  );
}

/** One's password, and changing it. */
export function PasswordPart() {
  const { t } = useTranslation('account');
  const [isOpen, setOpen] = useState(false);
  const button = (
    <Button variant="default" size="compact-md" onClick={() => setOpen(true)}>
      {t('password.change')}
    </Button>
  );
  return (
    <Section level={3} title={t('password.title')} lead={t('password.lead')} actions={button}>
      {isOpen && <ChangePassword onClose={() => setOpen(false)} />}
    </Section>
  );
}
