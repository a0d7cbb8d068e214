import { defineConfig } from '@playwright/test';
import config from './playwright.config.ts';

// Offline and tabs in Debian's Firefox; one flow of it is among the other tests.
export default defineConfig({ ...config, testDir: 'firefox', projects: [{ name: 'firefox' }], reporter: 'list' });
