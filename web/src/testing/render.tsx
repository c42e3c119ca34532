import { createMemoryHistory } from '@tanstack/react-router';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';

import { App } from '@/app/providers';
import { makeRouter } from '@/app/router';
import { makeQueryClient } from '@/lib/query';

/** Opens the app at an address, as a browser would; waits for the page's heading. */
export async function open(address: string) {
  const queryClient = makeQueryClient();
  queryClient.setDefaultOptions({ queries: { retry: false } });
  const router = makeRouter(queryClient, createMemoryHistory({ initialEntries: [address] }));
  const view = render(<App queryClient={queryClient} router={router} />);
  await screen.findByRole('heading', { level: 1 }, { timeout: 5000 });
  return { ...view, router, queryClient, user: userEvent.setup() };
}
