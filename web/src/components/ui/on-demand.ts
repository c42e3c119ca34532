/** A button whose popup is loaded when somebody wants it: nothing of it is in the first load, and a hundred of them cost a hundred buttons. */
import { cloneElement, useEffect, useRef, useState, type ReactElement, type Ref } from 'react';

/** What is known of the button: it can be pressed, and is named by whoever gives it. */
export type Button = ReactElement<Record<string, unknown> & { ref?: Ref<HTMLButtonElement> }>;

/** The button as it is until it is pressed, and whether it was. `load` begins when somebody is about to. */
export function useClosed(button: Button, popup: 'menu' | 'dialog', load: () => Promise<unknown>) {
  const [isWanted, setWanted] = useState(false);
  const warm = () => void load().catch(() => undefined);
  const closed = cloneElement(button, {
    'aria-haspopup': popup,
    'aria-expanded': false,
    onPointerEnter: warm,
    onFocus: warm,
    onClick: () => setWanted(true),
  });
  return { isWanted, closed };
}

/** It takes the place of the button that was pressed, and opens: what is closed again gives the focus back to it. */
export function useOpened() {
  const target = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      target.current?.focus({ preventScroll: true });
      setOpen(true);
    });
    return () => cancelAnimationFrame(frame);
  }, []);
  return { target, isOpen, setOpen };
}
