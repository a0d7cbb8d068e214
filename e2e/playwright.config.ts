import { defineConfig } from '@playwright/test';
import { chromium } from './harness/browser.ts';

// The real binary, a fresh database for each test, Debian's Chromium.
export default defineConfig({
  testDir: 'tests',
  outputDir: 'results',
  fullyParallel: true, // each test has a server, a database and browser profiles of its own
  workers: 2, // two cores; the tests mostly wait
  retries: 0,
  forbidOnly: true,
  timeout: 600_000, // limits end what would never come; nothing is that slow
  expect: { timeout: 60_000 },
  projects: [
    { name: 'flows', grepInvert: /median/ },
    { name: 'firefox', testDir: 'firefox', testMatch: 'connection.spec.ts' }, // the others: firefox.config.ts
    { name: 'figures', grep: /median/, workers: 1, dependencies: ['flows', 'firefox'] }, // nothing runs beside them
  ],
  reporter: [['list'], ['json', { outputFile: '../.test/e2e.json' }]],
  use: { ...chromium, locale: 'en-US', timezoneId: 'Europe/Budapest', trace: 'retain-on-failure' },
});
