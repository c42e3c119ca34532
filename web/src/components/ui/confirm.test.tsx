import { MantineProvider } from '@mantine/core';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';

import { Confirm } from './confirm';

it('asks before it does, and does nothing when it is cancelled', async () => {
  const user = userEvent.setup();
  const [confirm, close] = [vi.fn(), vi.fn()];
  render(
    <MantineProvider withCssVariables={false} withGlobalClasses={false}>
      <Confirm isOpen onClose={close} title="Delete it?" deed="Delete" onConfirm={confirm}>
        It is gone then.
      </Confirm>
    </MantineProvider>,
  );
  expect(await screen.findByRole('dialog', { name: 'Delete it?' })).toHaveTextContent('It is gone then.');
  await user.click(screen.getByRole('button', { name: 'Cancel' }));
  expect(close).toHaveBeenCalledOnce();
  expect(confirm).not.toHaveBeenCalled();
  await user.click(screen.getByRole('button', { name: 'Delete' }));
  expect(confirm).toHaveBeenCalledOnce();
});
