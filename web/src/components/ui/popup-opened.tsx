import { Popover } from '@mantine/core';
import '@mantine/core/styles/Popover.layer.css';
import { cloneElement } from 'react';

import { useOpened } from './on-demand';
import type { PopupProps } from './popup';

/** What a popup opens. A module of its own: it is loaded when somebody opens one. */
export function PopupOpened({ button, children, width, className, position = 'bottom-start', withinPortal = true, trapFocus = false }: PopupProps) {
  const { target, isOpen, setOpen } = useOpened();
  return (
    <Popover position={position} width={width} withinPortal={withinPortal} trapFocus={trapFocus} returnFocus opened={isOpen} onChange={setOpen}>
      <Popover.Target>{cloneElement(button, { ref: target, onClick: () => setOpen((before) => !before) })}</Popover.Target>
      <Popover.Dropdown className={className}>
        {children}
      </Popover.Dropdown>
    </Popover>
  );
}
