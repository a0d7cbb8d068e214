import { defineConfig } from '@playwright/test';
import { chromium } from './harness/browser.ts';

// The real binary, a fresh database for each test, Debian's Chromium.
export default defineConfig({
  testDir: 'tests',
  outputDir: 'results',
  workers: 1, // two cores: one server, one browser
  retries: 1, // a busy machine can upset a real browser; the list tells which test needed it
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['json', { outputFile: '../.test/e2e.json' }]],
  use: { ...chromium, locale: 'en-US', timezoneId: 'Europe/Budapest', trace: 'retain-on-failure' },
});
