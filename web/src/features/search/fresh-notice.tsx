import { Button } from '@mantine/core';
import { IconArrowUp } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

import { useFormat } from '@/lib/format';

import classes from './toolbar.module.css';
import type { Shown } from './use-shown';

/** "12 new, show": what came while somebody read, and waits until they want it. */
export function FreshNotice({ shown, isFinal, onShow }: { shown: Shown; isFinal: boolean; onShow: () => void }) {
  const { t } = useTranslation('search');
  const format = useFormat();
  const { fresh, isReordered } = shown;
  const hasOrder = isFinal && isReordered;
  const count = { count: fresh, formatted: format.number(fresh) };
  return (
    <div role="status" className={classes.notice}>
      {(fresh > 0 || hasOrder) && (
        <Button size="compact-md" radius="xl" leftSection={<IconArrowUp size={16} aria-hidden />} onClick={onShow}>
          {fresh === 0 ? t('fresh.order') : hasOrder ? t('fresh.both', count) : t('fresh.works', count)}
        </Button>
      )}
    </div>
  );
}
