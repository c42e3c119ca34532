import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { CopyButton } from '@/components/ui/copy-button';
import classes from '@/components/ui/states.module.css';
import { useIsOnline } from '@/lib/online';
import { ProblemError, Unreachable } from '@/lib/problem';

type Props = { error: unknown; onRetry?: (() => void) | undefined };

/** What went wrong, in the server's words where it said something, with the id to ask about it and a way on. */
export function Failure({ error, onRetry }: Props) {
  const { t } = useTranslation('shell');
  const isOnline = useIsOnline();
  const [title, text] =
    error instanceof ProblemError
      ? [error.title, error.detail]
      : error instanceof Unreachable
        ? isOnline
          ? [t('failure.unreachable'), t('failure.unreachableText')]
          : [t('offline.title'), t('offline.notKept')]
        : [t('failure.title'), t('failure.unknown')];
  const requestId = error instanceof ProblemError ? error.requestId : undefined;
  return (
    <div role="alert" className={classes.failure}>
      <p className={classes.failureTitle}>{title}</p>
      {text !== '' && <p className={classes.failureText}>{text}</p>}
      <div className={classes.failureFoot}>
        {onRetry && (
          <Button size="compact-sm" onClick={onRetry}>
            {t('failure.again')}
          </Button>
        )}
        {requestId !== undefined && (
          <>
            <code>{t('failure.request', { id: requestId })}</code>
            <CopyButton text={requestId} label={t('failure.copy')} size="compact-xs" variant="subtle" />
          </>
        )}
      </div>
    </div>
  );
}
