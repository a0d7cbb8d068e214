import { defineConfig } from '@playwright/test';
import config from './playwright.config.ts';

// Connection, offline and tabs in Debian's Firefox; `make test` runs the connection only.
export default defineConfig({ ...config, testDir: 'firefox', projects: [{ name: 'firefox' }], reporter: 'list' });
