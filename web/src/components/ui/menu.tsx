import type { FloatingPosition } from '@mantine/core';
import { lazy, Suspense, type ReactNode } from 'react';

import { useClosed, type Button } from './on-demand';

const load = () => import('./menu-opened');
const MenuOpened = lazy(() => load().then((module) => ({ default: module.MenuOpened })));

/** What a menu wants its link to have. */
export type LinkProps = Record<string, unknown>;
type Deed = { label: string; icon?: ReactNode; lang?: string; onSelect?: () => void; link?: (props: LinkProps) => ReactNode };
/** What stands in a menu: something to do or to go to, a heading, or a line between two parts. */
export type MenuEntry = Deed | { heading: string } | 'line';

export type MenuProps = {
  button: Button;
  entries: MenuEntry[];
  position?: FloatingPosition;
  withinPortal?: boolean;
};

/** A button that opens a menu, which is called as its button is. */
export function Menu(props: MenuProps) {
  const { isWanted, closed } = useClosed(props.button, 'menu', load);
  return isWanted ? (
    <Suspense fallback={closed}>
      <MenuOpened {...props} />
    </Suspense>
  ) : (
    closed
  );
}
