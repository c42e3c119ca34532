import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';

import { open } from './render';
import { server } from './server';

const ID = '00000000-0000-7000-8000-000000000001';
const ADDRESSES = [
  '/',
  '/history',
  `/history/${ID}`,
  '/insights',
  ...['profile', 'security', 'sessions', 'tokens', 'preferences', 'notifications', 'appearance', 'privacy'].map((tab) => `/account/${tab}`),
  ...['dashboard', 'users', `users/${ID}`, 'workspaces', `workspaces/${ID}`, 'invitations', 'sources', 'jobs', 'audit', 'security-events', 'sessions', 'analytics', 'maintenance', 'configuration', 'versions'].map((section) => `/admin/${section}`),
  '/sign-in',
  '/join',
  '/reset',
  '/welcome',
];

describe('every page', () => {
  // Whatever a page asks beyond who is there, the server has no answer to it.
  const failing = ['get', 'post'] as const;
  it.each(ADDRESSES)('%s has one heading that names it, even when the server answers nothing', async (address) => {
    server.use(...failing.map((method) => http[method](/\/api\/v1\/(?!auth\/me$)/, () => HttpResponse.json({ title: 'Away', status: 503 }, { status: 503 }))));
    await open(address);
    expect(screen.getAllByRole('heading', { level: 1 })).toHaveLength(1);
    expect(document.title).toMatch(/ · PAKE$/);
  });

  it.each([
    ['/account', '/account/profile'],
    ['/admin', '/admin/dashboard'],
  ])('%s leads to its first part', async (address, part) => {
    const { router } = await open(address);
    expect(router.state.location.pathname).toBe(part);
  });
});
