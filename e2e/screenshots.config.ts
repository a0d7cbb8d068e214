import { defineConfig } from '@playwright/test';
import { chromium } from './harness/browser.ts';

export default defineConfig({
  testDir: 'pictures',
  outputDir: 'results',
  workers: 1,
  timeout: 900_000,
  reporter: 'list',
  expect: { timeout: 30_000 },
  use: { ...chromium, actionTimeout: 10_000, timezoneId: 'Europe/Budapest' },
});
