import { Button } from '@mantine/core';
import { lazy, Suspense, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import classes from './toolbar.module.css';

const SideDrawer = lazy(() => import('@/components/ui/side-drawer').then((module) => ({ default: module.SideDrawer })));

/** The facets where there is no room beside the list. */
export function FacetsDrawer({ chosen, children }: { chosen: number; children: ReactNode }) {
  const { t } = useTranslation('search');
  const [isOpen, setOpen] = useState(false);
  return (
    <div className={classes.small}>
      <Button size="compact-sm" variant="default" onClick={() => setOpen(true)}>
        {chosen === 0 ? t('facets.filters') : t('facets.filtersChosen', { count: chosen })}
      </Button>
      <Suspense>
        {isOpen && (
          <SideDrawer title={t('facets.label')} close={t('facets.close')} onClose={() => setOpen(false)}>
            {children}
          </SideDrawer>
        )}
      </Suspense>
    </div>
  );
}
