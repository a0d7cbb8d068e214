import { defineConfig } from '@playwright/test';
import { chromium } from './harness/browser.ts';

export default defineConfig({
  testDir: 'pictures',
  outputDir: 'results',
  workers: 1,
  timeout: 900_000,
  reporter: 'list',
  use: { ...chromium, timezoneId: 'Europe/Budapest' },
});
