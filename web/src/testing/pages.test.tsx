import { screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { stream } from '@/lib/stream';

import { me } from './people';
import { open } from './render';
import { answer, refuse, server } from './server';

describe('the frame', () => {
  it('shows the way to every page that somebody may see, and their workspace', async () => {
    const { user } = await open('/');
    expect(screen.getAllByRole('link', { name: 'Administration' })[0]).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Account of ada' }));
    expect(await screen.findByText('Workspace: Analytical Engines')).toBeInTheDocument();
  });

  it('hides the administration from whoever may not govern', async () => {
    server.use(answer('get', '/api/v1/auth/me', me(['search:read'])));
    await open('/');
    expect(screen.queryByRole('link', { name: 'Administration' })).not.toBeInTheDocument();
  });

  it('sends whoever is not signed in to sign in, with the way back', async () => {
    server.use(refuse('get', '/api/v1/auth/me', 401));
    const { router } = await open('/history');
    expect(router.state.location.pathname).toBe('/sign-in');
    expect(router.state.location.search).toEqual({ back: '/history' });
  });

  it('never leads back to another site', async () => {
    const { router } = await open('/sign-in?back=//evil.example/');
    expect(router.state.matches.at(-1)?.search).toEqual({ back: undefined });
  });

  it('speaks German when that is chosen', async () => {
    const { user } = await open('/');
    await user.click(screen.getByRole('button', { name: 'Language' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Deutsch' }));
    expect(await screen.findByRole('navigation', { name: 'Hauptnavigation' })).toBeInTheDocument();
    expect(document.documentElement.lang).toBe('de');
  });

  it('says that there is no such page', async () => {
    await open('/nothing/here');
    expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('There is no such page');
  });

  it('writes no <style> into the page: the Content-Security-Policy would refuse it', async () => {
    const { user } = await open('/');
    await user.click(screen.getByRole('button', { name: 'Theme' }));
    expect(document.querySelectorAll('style')).toHaveLength(0);
    stream.close();
  });
});
