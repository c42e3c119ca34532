import { MantineProvider } from '@mantine/core';
import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { lazy, useState } from 'react';
import { expect, it } from 'vitest';

import { Late } from './late';

const Confirm = lazy(() => import('./confirm').then((module) => ({ default: module.Confirm })));

function Asks() {
  const [isAsked, setAsked] = useState(false);
  return (
    <>
      <button type="button" onClick={() => setAsked(true)}>
        {'Delete it'}
      </button>
      <Late isOpen={isAsked}>
        {(isOpen) => (
          <Confirm isOpen={isOpen} onClose={() => setAsked(false)} title="Really?" deed="Delete" onConfirm={() => setAsked(false)}>
            <p>{'Gone is gone.'}</p>
          </Confirm>
        )}
      </Late>
    </>
  );
}

it('opens what it has loaded, gives the focus back, and opens again', async () => {
  const user = userEvent.setup();
  render(
    <MantineProvider env="test" withCssVariables={false} withGlobalClasses={false}>
      <Asks />
    </MantineProvider>,
  );
  const button = screen.getByRole('button', { name: 'Delete it' });
  for (let time = 1; time <= 2; time += 1) {
    await user.click(button);
    expect(await screen.findByRole('dialog', { name: 'Really?' })).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    await waitFor(() => expect(button).toHaveFocus());
  }
});
