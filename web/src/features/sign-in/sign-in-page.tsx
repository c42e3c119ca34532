import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Entrance } from '@/components/entrance';
import form from '@/components/ui/form.module.css';
import type { Schema } from '@/lib/api';
import { csrfToken } from '@/lib/session';

import { AlreadyIn } from './already-in';
import { FirstStep } from './first-step';
import { SecondStep } from './second-step';
import { useArrive } from './use-arrive';
import { whoIsHereQuery } from './ways-in';

/** Why signing in elsewhere did not work. */
function Failed({ kind }: { kind: string }) {
  const { t } = useTranslation('sign-in');
  const known = kind === 'forbidden' || kind === 'conflict' || kind === 'unavailable' ? kind : 'other';
  return (
    <div className={form.problem}>
      <p role="alert">{t(`failed.${known}`)}</p>
    </div>
  );
}

export function SignInPage() {
  const { t } = useTranslation('sign-in');
  const { back, failed } = useSearch({ from: '/quiet/sign-in' });
  const arrive = useArrive();
  const [wanted, setWanted] = useState<Schema<'SecondFactorWanted'>>();
  const [isAnother, setAnother] = useState(false);
  // Whoever was sent here is known not to be signed in.
  const who = useQuery({ ...whoIsHereQuery, enabled: back === undefined || csrfToken() !== undefined });
  const destination = back ?? '/';
  const onSignedIn = () => arrive(destination);
  if (who.data && !isAnother) return <AlreadyIn me={who.data} destination={destination} onAnother={() => setAnother(true)} />;
  if (wanted) {
    return (
      <Entrance title={t('second.title')} lead={t('second.lead')}>
        <SecondStep wanted={wanted} onSignedIn={onSignedIn} onBack={() => setWanted(undefined)} />
      </Entrance>
    );
  }
  const foot = (
    <Anchor size="sm" renderRoot={(props) => <Link to="/reset" {...props} />}>
      {t('signIn.forgotten')}
    </Anchor>
  );
  return (
    <Entrance title={t('signIn.title')} foot={foot}>
      {failed !== undefined && <Failed kind={failed} />}
      <FirstStep destination={destination} onSignedIn={onSignedIn} onWanted={setWanted} />
    </Entrance>
  );
}
