import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const project = (name: string) => ({
  resolve: { conditions: ['@harang/source'] },
  ssr: { resolve: { conditions: ['@harang/source'] } },
  test: {
    name,
    root: fileURLToPath(new URL(name, import.meta.url)),
    environment: 'jsdom',
    include: ['test/**/*.test.{ts,tsx}'],
    restoreMocks: true,
    testTimeout: 20_000, // as the page's: a busy machine is slow
  },
});

// Both packages in one run and one report.
export default defineConfig({
  test: {
    projects: [project('core'), project('react')],
    coverage: {
      provider: 'v8',
      include: ['core/src/**/*.ts', 'react/src/**/*.{ts,tsx}'],
      exclude: ['**/index.ts', 'core/src/testing/**'],
      reporter: ['text', 'json-summary'],
      thresholds: { statements: 80, branches: 80, functions: 80, lines: 80 },
    },
  },
});
