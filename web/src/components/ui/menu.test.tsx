import { MantineProvider } from '@mantine/core';
import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';

import { Menu, type MenuEntry } from './menu';
import { Popup } from './popup';

function show(entries: MenuEntry[]) {
  render(
    <MantineProvider env="test" withCssVariables={false} withGlobalClasses={false}>
      <Menu button={<button type="button">Open</button>} entries={entries} />
      <Popup button={<button type="button">More</button>} width={200}>
        What there is to say.
      </Popup>
    </MantineProvider>,
  );
  return userEvent.setup();
}

it('says that a button opens a menu, before anything of the menu is there', () => {
  show([{ label: 'Save' }]);
  const button = screen.getByRole('button', { name: 'Open' });
  expect(button).toHaveAttribute('aria-haspopup', 'menu');
  expect(button).toHaveAttribute('aria-expanded', 'false');
});

it('opens by keyboard, does what is chosen, and gives the focus back to its button', async () => {
  const save = vi.fn();
  const user = show([{ heading: 'This one' }, { label: 'Save', onSelect: save }, 'line', { label: 'Leave' }]);
  await user.tab();
  await user.keyboard('{Enter}');
  expect(await screen.findByRole('menu', { name: 'Open' })).toBeInTheDocument();
  expect(screen.getByText('This one')).toBeInTheDocument();
  await user.click(await screen.findByRole('menuitem', { name: 'Save' }));
  expect(save).toHaveBeenCalledOnce();
  await waitFor(() => expect(screen.getByRole('button', { name: 'Open' })).toHaveFocus());
  expect(screen.queryByRole('menu')).toBeNull();
});

it('opens a second time like the first, and closes by Escape', async () => {
  const user = show([{ label: 'Save' }]);
  for (let time = 1; time <= 2; time += 1) {
    await user.click(screen.getByRole('button', { name: 'Open' }));
    expect(await screen.findByRole('menuitem', { name: 'Save' })).toBeInTheDocument();
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByRole('menu')).toBeNull());
  }
});

it('opens a few words beside a button, and closes them with it', async () => {
  const user = show([]);
  const button = () => screen.getByRole('button', { name: 'More' });
  expect(button()).toHaveAttribute('aria-haspopup', 'dialog');
  await user.click(button());
  expect(await screen.findByRole('dialog', { name: 'More' })).toHaveTextContent('What there is to say.');
  await user.click(button());
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
});
