import { Button, Title } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';

import { CopyButton } from '@/components/ui/copy-button';
import form from '@/components/ui/form.module.css';

import classes from './tokens.module.css';

/** A token that was just made: shown this once, with how to use it. */
export function FreshToken({ token, onDone }: { token: string; onDone: () => void }) {
  const { t } = useTranslation('account');
  const box = useRef<HTMLDivElement>(null);
  // Once the dialog that made it has closed and given the keyboard back.
  useEffect(() => {
    const frame = requestAnimationFrame(() => box.current?.focus());
    return () => cancelAnimationFrame(frame);
  }, [token]);
  return (
    <div ref={box} tabIndex={-1} className={classes.fresh} role="group" aria-labelledby="fresh-token">
      <Title order={3} size="h4" id="fresh-token">
        {t('tokens.freshTitle')}
      </Title>
      <p>{t('tokens.fresh')}</p>
      <code className={classes.token}>{token}</code>
      <div className={form.buttons}>
        <CopyButton text={token} />
        <Button size="compact-sm" onClick={onDone}>
          {t('tokens.kept')}
        </Button>
      </div>
      <p>{t('tokens.use')}</p>
      <code className={classes.token}>{`curl -H 'Authorization: Bearer ${token.slice(0, 8)}…' ${window.location.origin}/api/v1/history`}</code>
    </div>
  );
}
