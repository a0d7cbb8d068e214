import react from '@vitejs/plugin-react';
import { defaultClientConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import { budget } from './budget';
import { chunkName } from './chunks';
import { icons } from './icons';
import { paymentSentences } from './payment-sentences';
import { routes, servePages } from './routes';

/** Answers, frames and short timers of tests are late, each by another time. */
const delayed = process.env.HARANG_TEST_DELAYS === '1';
const backend = process.env.HARANG_DEV_BACKEND ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [icons(), paymentSentences(), react(), budget(), routes(), servePages()],
  resolve: {
    // The client packages are used from their sources, so that one change is one build.
    conditions: ['@harang/source', ...defaultClientConditions],
    dedupe: ['react', 'react-dom'],
    // Libraries that also serve older Reacts bring this hook along; React has it.
    alias: [{ find: /^use-sync-external-store\/shim$/, replacement: 'react' }],
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/api': { target: backend },
      '/readyz': { target: backend },
      '/socket.io': { target: backend, ws: true },
    },
  },
  build: {
    outDir: 'dist/app',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    cssCodeSplit: true,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: chunkName }] },
      },
    },
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['./src/test/setup.ts', ...(delayed ? ['./src/test/delays.ts'] : [])],
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
    unstubGlobals: true,
    testTimeout: delayed ? 60_000 : 20_000,
    // Not the shop's zone: what falls into the browser's own is seen.
    env: { TZ: 'America/New_York' },
    coverage: {
      provider: 'v8',
      include: ['src/**/*.{ts,tsx}'],
      exclude: ['src/main.tsx', 'src/counter/main.tsx', 'src/test/**', 'src/**/*.test.{ts,tsx}', 'src/**/*.d.ts'],
      reporter: ['text-summary', 'json-summary', 'html'],
      thresholds: { statements: 80, branches: 80, functions: 80, lines: 80 },
    },
  },
});
