import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { StateWord } from '@/components/ui/state-word';
import { Time } from '@/components/ui/time';
import type { Schema } from '@/lib/api';

import { deviceOf } from './device';
import rows from './rows.module.css';

const METHODS = ['password', 'totp', 'passkey', 'recovery_code', 'proxy', 'oidc'] as const;

type Props = { session: Schema<'SessionView'>; isEnding: boolean; onEnd: () => void };

/** A place where one is signed in. */
export function SessionRow({ session, isEnding, onEnd }: Props) {
  const { t } = useTranslation('account');
  const device = deviceOf(session.user_agent ?? '');
  const name = device ? t('device', device) : (session.user_agent?.slice(0, 60) ?? t('sessions.unknown'));
  // `password+totp`, `oidc:example`
  const method = session.method
    .split('+')
    .map((part) => {
      const known = METHODS.find((name) => part === name || part.startsWith(`${name}:`));
      return known ? t(`sessions.method.${known}`) : part;
    })
    .join(' + ');
  return (
    <li className={rows.row}>
      <div className={rows.what}>
        <span className={rows.name} title={session.user_agent ?? undefined}>
          {name}
          {session.is_current && <StateWord tone="good">{t('sessions.current')}</StateWord>}
        </span>
        <span className={rows.meta}>
          {session.ip != null && <span>{session.ip}</span>}
          <span>{method}</span>
          <span>
            {t('sessions.since')} <Time at={session.created_at} />
          </span>
          <span>
            {t('sessions.seen')} <Time at={session.last_seen_at} />
          </span>
          <span>
            {t('sessions.ends')} <Time at={session.expires_at} />
          </span>
        </span>
      </div>
      {!session.is_current && (
        <Button size="compact-sm" variant="default" color="red" loading={isEnding} aria-label={t('sessions.endThis', { name })} onClick={onEnd}>
          {t('sessions.end')}
        </Button>
      )}
    </li>
  );
}
