import { Button } from '@mantine/core';
import { IconCloudOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

import { useIsOnline } from '@/lib/online';
import { useStreamState } from '@/lib/stream';

import { useNewVersion } from './new-version';
import classes from './shell.module.css';

/** Says that there is no network, or that the live connection is being restored. */
export function OfflineNotice() {
  const { t } = useTranslation('shell');
  const isOnline = useIsOnline();
  const connection = useStreamState();
  const takeNewVersion = useNewVersion();
  return (
    <div role="status" className={classes.notices}>
      {!isOnline && (
        <p className={classes.notice}>
          <IconCloudOff size={18} aria-hidden />
          <span>
            <strong>{t('offline.title')}</strong> {t('offline.text')}
          </span>
        </p>
      )}
      {isOnline && takeNewVersion && (
        <p className={classes.notice}>
          {t('newVersion.text')}
          <Button size="compact-xs" onClick={takeNewVersion}>
            {t('newVersion.take')}
          </Button>
        </p>
      )}
      {isOnline && connection === 'waiting' && <p className={classes.notice}>{t('connection.lost')}</p>}
    </div>
  );
}
