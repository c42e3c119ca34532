import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Loaded } from '@/components/loaded';
import { Facts } from '@/components/ui/facts';
import { Section } from '@/components/ui/section';
import { StateWord } from '@/components/ui/state-word';
import { Time } from '@/components/ui/time';
import type { Schema } from '@/lib/api';
import { useFormat } from '@/lib/format';
import { useMay } from '@/lib/me';

import { SecretLink } from '../secret-link';
import { askForUser } from './api';
import { UserActions } from './user-actions';
import { UserElsewhere } from './user-elsewhere';
import { UserSessions } from './user-sessions';

type User = Schema<'AdminUserDetail'>;

function useWaysIn({ factors }: User): string {
  const { t } = useTranslation('admin');
  const { list } = useFormat();
  const ways = [
    factors.has_password && t('users.factor.password'),
    factors.has_authenticator && t('users.factor.authenticator', { count: factors.recovery_codes }),
    factors.passkeys > 0 && t('users.factor.passkeys', { count: factors.passkeys }),
    factors.identities > 0 && t('users.factor.identities', { count: factors.identities }),
  ].filter((way) => way !== false);
  return ways.length === 0 ? t('users.factor.none') : list(ways);
}

function UserFacts({ user }: { user: User }) {
  const { t } = useTranslation('admin');
  const { number } = useFormat();
  const ways = useWaysIn(user);
  return (
    <Facts
      facts={[
        [t('users.username'), user.username],
        [t('users.email'), user.email ?? t('users.noEmail')],
        [t('users.role'), t(`role.${user.role}`)],
        [
          t('users.state'),
          <StateWord key="state" tone={user.is_active ? 'good' : 'bad'}>
            {t(user.is_active ? 'users.active' : 'users.inactive')}
          </StateWord>,
        ],
        [t('users.since'), <Time key="since" at={user.created_at} />],
        [t('users.seen'), user.last_seen_at == null ? t('users.never') : <Time key="seen" at={user.last_seen_at} />],
        [t('users.ways'), ways],
        [t('users.searches'), number(user.searches)],
        [t('users.tokens'), number(user.tokens)],
      ]}
    />
  );
}

/** One person: who they are, what can be done about it, and where they are signed in. */
export function UserPage() {
  const { t } = useTranslation('admin');
  const { id } = useParams({ strict: false });
  const mayEnd = useMay('admin:access');
  const [link, setLink] = useState<string>();
  const query = useQuery({ queryKey: ['admin', 'user', id], queryFn: () => askForUser(id ?? '') });
  const { data: user } = query;
  if (!user) {
    return (
      <Section title={t('user.title')}>
        <Loaded query={query} lines={8} />
      </Section>
    );
  }
  return (
    <>
      <Section title={user.name} actions={<UserElsewhere id={user.id} />}>
        {link !== undefined && (
          <SecretLink
            title={t('users.link.title', { name: user.username })}
            text={t('users.link.text')}
            link={link}
            label={t('users.link.copy')}
            closeLabel={t('users.link.close')}
            onClose={() => setLink(undefined)}
          />
        )}
        <UserFacts user={user} />
      </Section>
      <Section title={t('users.actions')} level={3} lead={t('users.actionsLead')}>
        <UserActions user={user} onLink={setLink} />
      </Section>
      <UserSessions sessions={user.sessions} count={user.session_count} mayEnd={mayEnd} />
    </>
  );
}
