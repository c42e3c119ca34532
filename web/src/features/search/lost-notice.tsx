import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import classes from '@/components/ui/states.module.css';

/** The servers that ran the search died; what had come by then stays, and asking again helps. */
export function LostNotice({ hasWorks, onAskAgain }: { hasWorks: boolean; onAskAgain: () => void }) {
  const { t } = useTranslation('search');
  return (
    <div role="alert" className={classes.failure}>
      <p className={classes.failureTitle}>{t('lost.title')}</p>
      <p className={classes.failureText}>{t(hasWorks ? 'lost.someText' : 'lost.text')}</p>
      <div className={classes.failureFoot}>
        <Button size="compact-sm" onClick={onAskAgain}>
          {t('lost.again')}
        </Button>
      </div>
    </div>
  );
}
