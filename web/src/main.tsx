import '@/app/mantine.css';
import '@/app/theme.gen.css';
import '@/app/base.css';

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { startLanguages } from '@/app/i18n';
import { keepPage } from '@/app/new-version';
import { App } from '@/app/providers';
import { makeRouter } from '@/app/router';
import { makeQueryClient } from '@/lib/query';

const root = document.getElementById('root');
if (!root) throw new Error('the page has no #root');

window.addEventListener('load', keepPage);
// A page that was open while a newer one was deployed asks for scripts that are gone.
window.addEventListener('vite:preloadError', () => window.location.reload());

const queryClient = makeQueryClient();
const router = makeRouter(queryClient);
// The script of the page that most people open is on its way while its words are.
if (window.location.pathname === '/') void import('@/features/search/search-page');
await startLanguages(window.location.pathname);
createRoot(root).render(
  <StrictMode>
    <App queryClient={queryClient} router={router} />
  </StrictMode>,
);
