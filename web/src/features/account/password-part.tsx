import { Button, Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { fieldError, FormProblem, isOfField } from '@/components/form-problem';
import { NewPassword } from '@/components/new-password';
import form from '@/components/ui/form.module.css';
import { PasswordField } from '@/components/ui/password-field';
import { say } from '@/components/ui/sayings';
import { Section } from '@/components/ui/section';
import { api, take } from '@/lib/api';
import { useMe } from '@/lib/me';

const FIELDS = ['current_password', 'new_password'];

function ChangePassword({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['account', 'shell']);
  const me = useMe();
  const [old, setOld] = useState('');
  const [password, setPassword] = useState('');
  const changing = useMutation({
    mutationFn: () => take(api.PUT('/api/v1/auth/password', { body: { current_password: old, new_password: password } })),
    onSuccess: () => {
      say(t('password.changed'));
      onClose();
    },
  });
  const { error } = changing;
  return (
    <Modal opened onClose={onClose} title={t('password.change')} closeButtonProps={{ 'aria-label': t('shell:close') }}>
      <form
        className={form.form}
        onSubmit={(event) => {
          event.preventDefault();
          changing.mutate();
        }}
      >
        <PasswordField label={t('password.current')} value={old} onChange={setOld} required withAsterisk={false} data-autofocus error={isOfField(error, ['current_password']) && t('owner.wrong')} />
        <NewPassword
          label={t('password.new')}
          value={password}
          onChange={setPassword}
          error={fieldError(error, 'new_password')}
          about={{ username: me?.username ?? '' }}
        />
        {!isOfField(error, FIELDS) && <FormProblem error={error} />}
        <div className={form.buttons}>
          <Button type="submit" loading={changing.isPending}>
            {t('password.change')}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t('shell:cancel')}
          </Button>
        </div>
      </form>
    </Modal>
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
