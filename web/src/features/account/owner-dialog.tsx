import { Anchor } from '@mantine/core';
import { Link, useLocation } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { FormDialog } from '@/components/form-dialog';
import { isOfField } from '@/components/form-problem';
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
  const { t } = useTranslation('account');
  const [password, setPassword] = useState('');
  const href = useLocation({ select: (location) => location.href });
  const mustSignIn = (error: unknown) => error instanceof ProblemError && error.status === 403;
  return (
    <FormDialog
      title={title}
      deed={deed}
      isDanger={isDangerous}
      fields={['password', ...fields]}
      foot={(error) => mustSignIn(error) && <Anchor renderRoot={(props) => <Link to="/sign-in" search={{ back: href }} {...props} />}>{t('owner.signIn')}</Anchor>}
      act={() => onConfirm(password === '' ? null : password)}
      onClose={onClose}
    >
      {(error) => (
        <>
          {children}
          <PasswordField
            label={t('owner.password')}
            description={t('owner.hint')}
            value={password}
            onChange={setPassword}
            error={isOfField(error, ['password']) && (password === '' ? t('owner.missing') : t('owner.wrong'))}
            data-autofocus={fields.length === 0 || undefined}
          />
        </>
      )}
    </FormDialog>
  );
}
