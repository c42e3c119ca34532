import { Menu } from '@mantine/core';
import '@mantine/core/styles/Popover.layer.css';
import '@mantine/core/styles/Menu.layer.css';
import { cloneElement } from 'react';

import type { MenuEntry, MenuProps } from './menu';
import { useOpened } from './on-demand';

function Entry({ entry }: { entry: MenuEntry }) {
  if (entry === 'line') return <Menu.Divider />;
  if ('heading' in entry) return <Menu.Label>{entry.heading}</Menu.Label>;
  const { label, icon, lang, onSelect, link } = entry;
  return (
    <Menu.Item leftSection={icon} {...(lang !== undefined && { lang })} {...(onSelect && { onClick: onSelect })} {...(link && { renderRoot: link })}>
      {label}
    </Menu.Item>
  );
}

/** The menu itself. A module of its own: it is loaded when somebody opens one. */
export function MenuOpened({ button, entries, position = 'bottom-end', withinPortal = true }: MenuProps) {
  const { target, isOpen, setOpen } = useOpened();
  return (
    <Menu position={position} withinPortal={withinPortal} opened={isOpen} onChange={setOpen}>
      <Menu.Target>{cloneElement(button, { ref: target })}</Menu.Target>
      <Menu.Dropdown>
        {entries.map((entry, place) => (
          <Entry key={place} entry={entry} />
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
