import { Skeleton, VisuallyHidden } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import classes from './states.module.css';

/** Grey lines where something is about to be; said to those who do not see them. */
export function Loading({ lines = 4, height = 18 }: { lines?: number | undefined; height?: number | undefined }) {
  const { t } = useTranslation('shell');
  return (
    <div role="status" className={classes.loading}>
      <VisuallyHidden>{t('loading')}</VisuallyHidden>
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={line} height={height} width={`${100 - ((line * 17) % 40)}%`} />
      ))}
    </div>
  );
}
