import type { FloatingPosition } from '@mantine/core';
import { lazy, Suspense, type ReactNode } from 'react';

import { useClosed, type Button } from './on-demand';

const load = () => import('./popup-opened');
const PopupOpened = lazy(() => load().then((module) => ({ default: module.PopupOpened })));

export type PopupProps = {
  button: Button;
  children: ReactNode;
  width: number;
  className?: string | undefined;
  position?: FloatingPosition;
  withinPortal?: boolean;
  /** The keyboard stays in it until it is closed. */
  trapFocus?: boolean;
};

/** A button that opens something small beside itself, which is called as its button is. */
export function Popup(props: PopupProps) {
  const { isWanted, closed } = useClosed(props.button, 'dialog', load);
  return isWanted ? (
    <Suspense fallback={closed}>
      <PopupOpened {...props} />
    </Suspense>
  ) : (
    closed
  );
}
