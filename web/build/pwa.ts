/** What makes the page installable and open offline. */
import type { VitePWAOptions } from 'vite-plugin-pwa';

/** What is never the page: the API, and what its earlier version had elsewhere. */
const OF_THE_SERVER = /^\/(api|auth|health|healthz|readyz|metrics|ws|assets|search\/|quick|user\/|opensearch|\.well-known)/;
/** Who asks, what they asked and what can be asked: the last answer is shown where there is no network. */
const READ_OFFLINE = /^https?:\/\/[^/]+\/api\/v1\/(auth\/me|history|sources|workspaces)(\/[0-9a-f-]{36})?(\?.*)?$/;

export const pwa: Partial<VitePWAOptions> = {
  strategies: 'generateSW',
  registerType: 'prompt',
  injectRegister: false,
  manifest: {
    id: '/',
    name: 'PAKE',
    short_name: 'PAKE',
    description: 'One question, every research source, live.',
    start_url: '/',
    scope: '/',
    display: 'standalone',
    background_color: '#f6f7f9',
    theme_color: '#1f61a7',
    categories: ['education', 'productivity'],
    icons: [
      { src: '/icon.svg', sizes: 'any', type: 'image/svg+xml' },
      { src: '/icon-192.png', sizes: '192x192', type: 'image/png' },
      { src: '/icon-512.png', sizes: '512x512', type: 'image/png' },
      { src: '/icon-maskable.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
    ],
    shortcuts: [
      { name: 'Search', url: '/' },
      { name: 'History', url: '/history' },
      { name: 'Insights', url: '/insights' },
    ],
    share_target: { action: '/', method: 'GET', params: { title: 'title', text: 'q', url: 'url' } },
  },
  workbox: {
    globPatterns: ['index.html', 'scheme.js', '*.svg', 'assets/*.{js,css}'],
    navigateFallback: '/index.html',
    // `/` is a page like every other. As the index of a folder it would be looked up with the headers of whoever asks, and the server
    // says that the page varies by them (`Vary: Accept`): it was not found.
    directoryIndex: null,
    navigateFallbackDenylist: [OF_THE_SERVER],
    cleanupOutdatedCaches: true,
    inlineWorkboxRuntime: true,
    sourcemap: false,
    runtimeCaching: [
      {
        urlPattern: READ_OFFLINE,
        handler: 'NetworkFirst',
        options: { cacheName: 'pake-kept-reads', expiration: { maxEntries: 60, maxAgeSeconds: 30 * 86_400 }, cacheableResponse: { statuses: [200] } },
      },
    ],
  },
};
