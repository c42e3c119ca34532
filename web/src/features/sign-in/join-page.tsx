import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Entrance } from '@/components/entrance';
import { Loading } from '@/components/ui/loading';

import { AcceptInvitation } from './accept-invitation';
import { keepLink, keptLink, readLink } from './link';
import { RegisterForm } from './register-form';
import { SetPasswordForm } from './set-password-form';
import { whoIsHereQuery } from './ways-in';

/** The link that was opened; it is taken out of the address at once. */
function useLink() {
  const hash = useLocation({ select: (location) => location.hash });
  const navigate = useNavigate();
  useEffect(() => {
    if (hash === '') return;
    keepLink(hash);
    void navigate({ to: '/join', replace: true });
  }, [hash, navigate]);
  return hash === '' ? keptLink() : readLink(hash);
}

/** Where a link leads: making an account, joining with the one that one has, or setting a password anew. */
export function JoinPage() {
  const { t } = useTranslation('sign-in');
  const link = useLink();
  const [isNew, setNew] = useState(false);
  const who = useQuery({ ...whoIsHereQuery, enabled: link !== undefined && !link.isReset });
  if (!link) {
    return (
      <Entrance title={t('join.brokenTitle')} lead={t('join.broken')}>
        <Anchor renderRoot={(props) => <Link to="/sign-in" {...props} />}>{t('join.signIn')}</Anchor>
      </Entrance>
    );
  }
  if (link.isReset) return <SetPasswordForm token={link.token} />;
  if (who.isPending) {
    return (
      <Entrance title={t('join.title')}>
        <Loading />
      </Entrance>
    );
  }
  if (who.data?.session_id != null && !isNew) return <AcceptInvitation token={link.token} me={who.data} onNew={() => setNew(true)} />;
  const foot = (
    <>
      <span>{t('join.have')}</span>
      <Anchor size="sm" renderRoot={(props) => <Link to="/sign-in" search={{ back: '/join' }} {...props} />}>
        {t('join.signIn')}
      </Anchor>
    </>
  );
  return (
    <Entrance title={t('join.title')} lead={t('join.lead')} foot={who.isError ? foot : undefined}>
      <RegisterForm token={link.token} />
    </Entrance>
  );
}
