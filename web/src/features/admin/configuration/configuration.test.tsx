import { screen, waitFor } from '@testing-library/react';
import { expect, it } from 'vitest';

import { open } from '@/testing/render';
import { answer, refuse, server } from '@/testing/server';

const settings = [
  { setting: 'server.listen', value: '127.0.0.1:8000', origin: 'PAKE_SERVER__LISTEN' },
  { setting: 'server.tls', value: true, origin: 'default' },
  { setting: 'secrets.master_key', value: '***', origin: 'pake.toml' },
].map((each) => ({ ...each, value: each.value as never }));

it('shows what holds and where it was given, by its part, and finds it', async () => {
  server.use(answer('get', '/api/v1/admin/config', { settings }));
  const { user, router } = await open('/admin/configuration');
  expect(await screen.findByRole('row', { name: /server.listen "127.0.0.1:8000" PAKE_SERVER__LISTEN/ })).toBeInTheDocument();
  expect(screen.getByRole('row', { name: /secrets.master_key "\*\*\*" pake.toml/ })).toBeInTheDocument();
  expect(screen.getAllByRole('heading', { level: 3 }).map((heading) => heading.textContent)).toEqual(['server', 'secrets']);
  await user.selectOptions(screen.getByLabelText('Origin'), 'default');
  expect(await screen.findByRole('row', { name: /server.tls true default/ })).toBeInTheDocument();
  expect(screen.queryByText('server.listen')).not.toBeInTheDocument();
  await user.type(screen.getByLabelText('Name or value'), 'MASTER');
  expect(await screen.findByText('No such setting')).toBeInTheDocument();
  await user.selectOptions(screen.getByLabelText('Origin'), 'given');
  expect(await screen.findByText('secrets.master_key')).toBeInTheDocument();
  await waitFor(() => expect(router.state.location.search).toEqual({ q: 'MASTER', origin: 'given' }));
});

it('says so when it does not come', async () => {
  server.use(refuse('get', '/api/v1/admin/config', 403, { title: 'Not yours' }));
  await open('/admin/configuration');
  expect(await screen.findByRole('alert')).toHaveTextContent('Not yours');
});
