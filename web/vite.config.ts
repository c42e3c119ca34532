import { fileURLToPath } from 'node:url';

import react from '@vitejs/plugin-react';
import { VitePWA } from 'vite-plugin-pwa';
import { defineConfig } from 'vitest/config';

import { groups } from './build/chunks.ts';
import { first } from './build/first.ts';
import { pwa } from './build/pwa.ts';

/** The server that answers what is not the page itself while somebody develops. */
const origin = process.env.PAKE_ORIGIN ?? 'http://127.0.0.1:8000';
const answeredByTheServer = ['/api', '/auth', '/health', '/healthz', '/readyz', '/metrics', '/.well-known'];
const proxy = {
  ...Object.fromEntries(answeredByTheServer.map((path) => [path, { target: origin }])),
  '/ws': { target: origin, ws: true },
};
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; worker-src 'self'";

export default defineConfig({
  plugins: [react(), VitePWA(pwa), first],
  resolve: { alias: { '@': fileURLToPath(new URL('src', import.meta.url)) } },
  // What a script loads later comes from beside it: from the CDN, where the assets are there (`web.base_url` of the server).
  experimental: { renderBuiltUrl: (_, { hostType }) => (hostType === 'html' ? undefined : { relative: true }) },
  server: { host: '127.0.0.1', proxy },
  // The build as PAKE itself serves it, before it is in a binary.
  preview: { host: '127.0.0.1', proxy, headers: { 'content-security-policy': policy } },
  build: {
    target: 'es2023',
    // Everything is a file of its own with a name that changes with its content: data: URLs are not in the CSP.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: true,
    rolldownOptions: {
      output: { codeSplitting: { groups } },
    },
  },
  test: {
    environment: 'jsdom',
    globals: true,
    restoreMocks: true,
    setupFiles: ['src/testing/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    coverage: {
      include: ['src/features/**', 'src/lib/**'],
      exclude: ['**/*.gen.ts', '**/*.test.{ts,tsx}', '**/*.css'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: { lines: 85 },
    },
  },
});
