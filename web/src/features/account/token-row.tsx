import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { StateWord } from '@/components/ui/state-word';
import { Time } from '@/components/ui/time';
import type { Schema } from '@/lib/api';

import rows from './rows.module.css';

/** An API token: what it may, until when, when it was last used. */
export function TokenRow({ token, onRevoke }: { token: Schema<'TokenView'>; onRevoke: () => void }) {
  const { t } = useTranslation('account');
  const isOver = token.expires_at != null && new Date(token.expires_at) < new Date();
  return (
    <li className={rows.row}>
      <div className={rows.what}>
        <span className={rows.name}>
          {token.name}
          {isOver && <StateWord tone="bad">{t('tokens.over')}</StateWord>}
        </span>
        <span className={rows.meta}>{token.permissions.join(', ')}</span>
        <span className={rows.meta}>
          <span>
            {t('tokens.made')} <Time at={token.created_at} />
          </span>
          <span>{token.last_used_at == null ? t('tokens.neverUsed') : <>{t('tokens.used')} <Time at={token.last_used_at} /></>}</span>
          <span>{token.expires_at == null ? t('tokens.forEver') : <>{t('tokens.until')} <Time at={token.expires_at} /></>}</span>
        </span>
      </div>
      <Button size="compact-sm" variant="default" color="red" aria-label={t('tokens.revokeThis', { name: token.name })} onClick={onRevoke}>
        {t('tokens.revoke')}
      </Button>
    </li>
  );
}
