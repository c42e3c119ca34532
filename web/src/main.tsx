import '@/app/mantine.css';
import '@/app/theme.gen.css';
import '@/app/base.css';

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { startLanguages } from '@/app/i18n';
import { App } from '@/app/providers';
import { makeRouter } from '@/app/router';
import { makeQueryClient } from '@/lib/query';

const root = document.getElementById('root');
if (!root) throw new Error('the page has no #root');

const queryClient = makeQueryClient();
const router = makeRouter(queryClient);
await startLanguages();
createRoot(root).render(
  <StrictMode>
    <App queryClient={queryClient} router={router} />
  </StrictMode>,
);
