import { Outlet, useRouterState } from '@tanstack/react-router';
import { Suspense, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';

import { Loading } from '@/components/ui/loading';
import { Sayings } from '@/components/ui/sayings';

import { Header } from './header';
import { OfflineNotice } from './offline-notice';
import classes from './shell.module.css';

/** After going to another page the keyboard is at its beginning, and its title is read. */
function useFocusOnNewPage() {
  const main = useRef<HTMLElement>(null);
  const pathname = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const before = useRef<string>(undefined);
  useEffect(() => {
    if (before.current !== undefined && before.current !== pathname) main.current?.focus({ preventScroll: true });
    before.current = pathname;
  }, [pathname]);
  return main;
}

/** The frame of the pages: navigation above, the page below. */
export function Shell() {
  const { t } = useTranslation('shell');
  const main = useFocusOnNewPage();
  return (
    <>
      <a href="#content" className={classes.skip}>
        {t('skip')}
      </a>
      <Header />
      <OfflineNotice />
      <main id="content" ref={main} tabIndex={-1} className={classes.main}>
        <Suspense fallback={<Loading />}>
          <Outlet />
        </Suspense>
      </main>
      <Sayings />
    </>
  );
}
