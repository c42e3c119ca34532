import { Anchor, Button, Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link, useLocation } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { FormProblem, isOfField } from '@/components/form-problem';
import form from '@/components/ui/form.module.css';
import { PasswordField } from '@/components/ui/password-field';
import { ProblemError } from '@/lib/problem';

type Props = {
  title: string;
  /** What comes of it. */
  children?: ReactNode;
  /** The deed as a verb. */
  deed: string;
  isDangerous?: boolean;
  /** The fields of the caller's own in this dialog: what is wrong with them is shown there. */
  fields?: string[];
  onClose: () => void;
  /** Does it, with the password that shows that it is the owner; `null`: they gave none. */
  onConfirm: (password: string | null) => Promise<void>;
};

/**
 * Asks for the password before something changes how one signs in. Who has none (they sign in elsewhere) leaves it out: then
 * the server wants them to have signed in just now.
 */
export function OwnerDialog({ title, children, deed, isDangerous = false, fields = [], onClose, onConfirm }: Props) {
  const { t } = useTranslation(['account', 'shell']);
  const [password, setPassword] = useState('');
  const href = useLocation({ select: (location) => location.href });
  const confirming = useMutation({ mutationFn: () => onConfirm(password === '' ? null : password), onSuccess: onClose });
  const { error } = confirming;
  const isWrong = isOfField(error, ['password']);
  const mustSignIn = error instanceof ProblemError && error.status === 403;
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('shell:close') }}>
      <form
        className={form.form}
        onSubmit={(event) => {
          event.preventDefault();
          confirming.mutate();
        }}
      >
        {children}
        <PasswordField
          label={t('owner.password')}
          description={t('owner.hint')}
          value={password}
          onChange={setPassword}
          error={isWrong && (password === '' ? t('owner.missing') : t('owner.wrong'))}
          data-autofocus={fields.length === 0 || undefined}
        />
        {!isWrong && !isOfField(error, fields) && <FormProblem error={error} />}
        {mustSignIn && (
          <Anchor renderRoot={(props) => <Link to="/sign-in" search={{ back: href }} {...props} />}>{t('owner.signIn')}</Anchor>
        )}
        <div className={form.buttons}>
          <Button type="submit" color={isDangerous ? 'red' : 'accent'} loading={confirming.isPending}>
            {deed}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t('shell:cancel')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
