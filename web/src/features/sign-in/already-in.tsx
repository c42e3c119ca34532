import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { Entrance } from '@/components/entrance';
import form from '@/components/ui/form.module.css';
import type { Schema } from '@/lib/api';

type Props = { me: Schema<'Me'>; destination: string; onAnother: () => void };

/** Nobody has to sign in: they have already, or PAKE wants nobody to. */
export function AlreadyIn({ me, destination, onAnother }: Props) {
  const { t } = useTranslation('sign-in');
  const isSignedIn = me.session_id != null;
  const lead = isSignedIn ? t('already.lead', { name: me.username }) : t('already.open');
  return (
    <Entrance title={isSignedIn ? t('already.title') : t('already.openTitle')} lead={lead}>
      <div className={form.buttons}>
        <Button renderRoot={(props) => <Link to={destination} {...props} />}>{t('already.goOn')}</Button>
        {isSignedIn && (
          <Button variant="subtle" onClick={onAnother}>
            {t('already.another')}
          </Button>
        )}
      </div>
    </Entrance>
  );
}
