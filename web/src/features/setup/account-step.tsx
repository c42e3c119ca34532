import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { isRefused } from '@/lib/problem';

import { visitorQuery } from './configuration';
import { Lines } from './lines';
import { Step } from './step';

const MAKE = 'pake user add ada --generate';

/** Who operates PAKE: the first account. */
export function AccountStep() {
  const { t } = useTranslation('setup');
  const visitor = useQuery(visitorQuery);
  const title = t('account.title');
  if (visitor.data?.session_id != null) {
    return <Step title={title} tone="good" state={t('account.in', { name: visitor.data.username })} />;
  }
  if (visitor.data) {
    return (
      <Step title={title} tone="warn" state={t('account.open')}>
        <p>{t('account.openText')}</p>
        <Lines text={MAKE} label={t('copyCommand')} />
      </Step>
    );
  }
  if (isRefused(visitor.error)) {
    return (
      <Step title={title} tone="warn" state={t('account.out')}>
        <Anchor renderRoot={(props) => <Link to="/sign-in" search={{ back: '/welcome' }} {...props} />}>{t('account.signIn')}</Anchor>
      </Step>
    );
  }
  return (
    <Step title={title} tone="quiet" state={t(visitor.isError ? 'unknown' : 'looking')}>
      <Loaded query={visitor} lines={1} />
    </Step>
  );
}
