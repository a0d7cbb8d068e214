import { defineConfig } from '@playwright/test';
import screenshots from './screenshots.config.ts';

// Measures in the browser; prints, and fails only when nothing could be measured.
export default defineConfig({ ...screenshots, testDir: 'figures' });
