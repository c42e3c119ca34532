import { Outlet } from '@tanstack/react-router';

import { Sayings } from '@/components/ui/sayings';

import { AppearanceMenu } from './appearance-menu';
import { OfflineNotice } from './offline-notice';
import classes from './shell.module.css';

/** The frame of pages for those who are not signed in: nothing but the page, its language and its theme. */
export function Quiet() {
  return (
    <>
      <header className={classes.quietHead}>
        <AppearanceMenu />
      </header>
      <OfflineNotice />
      <main id="content" tabIndex={-1} className={classes.main}>
        <Outlet />
      </main>
      <Sayings />
    </>
  );
}
