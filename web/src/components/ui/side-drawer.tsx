import { Drawer } from '@mantine/core';
import '@mantine/core/styles/Drawer.layer.css';
import type { ReactNode } from 'react';

type Props = { title: string; close: string; onClose: () => void; children: ReactNode };

/** Something beside the page, for as long as it is open. A module of its own: it is loaded when somebody opens one. */
export function SideDrawer({ title, close, onClose, children }: Props) {
  return (
    <Drawer opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': close }}>
      {children}
    </Drawer>
  );
}
