import { ActionIcon } from '@mantine/core';
import { IconAdjustmentsHorizontal } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';

import { Loading } from '@/components/ui/loading';
import { Popup } from '@/components/ui/popup';

import type { SearchAddress } from './address';

const AskPanel = lazy(() => import('./ask-panel').then((module) => ({ default: module.AskPanel })));

export type AskMenuProps = { address: SearchAddress; onAsk: (ask: Pick<SearchAddress, 'sources' | 'limit' | 'private'>) => void };

/** How the question is asked, behind a button in the box. */
export function AskMenu(props: AskMenuProps) {
  const { t } = useTranslation('search');
  return (
    <Popup
      button={
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('ask.menu')}>
          <IconAdjustmentsHorizontal size={20} aria-hidden />
        </ActionIcon>
      }
      position="bottom-end"
      width={280}
      withinPortal={false}
      trapFocus
    >
      <Suspense fallback={<Loading />}>
        <AskPanel {...props} />
      </Suspense>
    </Popup>
  );
}
