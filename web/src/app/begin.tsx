import { startTransition, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { forgetFirst } from '@/lib/first-answers';
import { meQuery } from '@/lib/me';
import { makeQueryClient } from '@/lib/query';

import { startLanguages } from './i18n';
import { keepPage } from './new-version';
import { App } from './providers';
import { makeRouter } from './router';

/** What nobody waits for begins so long after the page was drawn for the first time. */
const LATER = 2_000;
/** How long the frame that stands in index.html is enough. */
const PATIENCE = 400;

const root = document.getElementById('root');
if (!root) throw new Error('the page has no #root');

// A page that was open while a newer one was deployed asks for scripts that are gone.
window.addEventListener('vite:preloadError', () => window.location.reload());

const page = createRoot(root);
const queryClient = makeQueryClient();
const router = makeRouter(queryClient);
// Who asks is on its way while the words are (at the door that is nobody), and so is the script of the page that most people open.
if (!document.documentElement.hasAttribute('data-is-door')) queryClient.query(meQuery).catch(() => undefined);
if (window.location.pathname === '/') void import('@/features/search/search-page');

async function start(): Promise<void> {
  await startLanguages(window.location.pathname);
  // What is drawn once is the page itself. When it takes longer, one sees that it is on its way.
  await Promise.race([router.load(), new Promise((late) => setTimeout(late, PATIENCE))]);
  // In pieces, between which the browser answers; until it is whole the frame that stands in index.html stays.
  startTransition(() =>
    page.render(
      <StrictMode>
        <App queryClient={queryClient} router={router} />
      </StrictMode>,
    ),
  );
}

// Not awaited here: the pages need this file, and it is not there for them before its end.
void start();
setTimeout(() => {
  forgetFirst();
  keepPage();
}, LATER);
