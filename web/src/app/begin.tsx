import { startTransition, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { meQuery } from '@/lib/me';
import { makeQueryClient } from '@/lib/query';

import { startLanguages } from './i18n';
import { keepPage } from './new-version';
import { App } from './providers';
import { makeRouter } from './router';

/** How long the frame that stands in index.html is enough. */
const PATIENCE = 400;

const root = document.getElementById('root');
if (!root) throw new Error('the page has no #root');

if (document.readyState === 'complete') keepPage();
else window.addEventListener('load', keepPage);
// A page that was open while a newer one was deployed asks for scripts that are gone.
window.addEventListener('vite:preloadError', () => window.location.reload());

const queryClient = makeQueryClient();
const router = makeRouter(queryClient);
// Who asks is on its way while the words are (at the door that is nobody), and so is the script of the page that most people open.
if (!document.documentElement.hasAttribute('data-is-door')) queryClient.query(meQuery).catch(() => undefined);
if (window.location.pathname === '/') void import('@/features/search/search-page');
await startLanguages(window.location.pathname);
// What is drawn once is the page itself. When it takes longer, one sees that it is on its way.
await Promise.race([router.load(), new Promise((late) => setTimeout(late, PATIENCE))]);
const page = createRoot(root);
// In pieces, between which the browser answers; until it is whole the frame that stands in index.html stays.
startTransition(() =>
  page.render(
    <StrictMode>
      <App queryClient={queryClient} router={router} />
    </StrictMode>,
  ),
);
