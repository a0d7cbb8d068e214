import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';
import { counterBudget } from './budget';
import { icons } from './icons';
import { precompress } from './precompress';

/**
 * The page of displays on walls, built after the dashboard's and beside it: it shares no file with the dashboard, which
 * a display never opens, and so is a third of its size.
 */
export default defineConfig({
  plugins: [icons(), react(), counterBudget(), precompress()],
  resolve: {
    conditions: ['@harang/source', ...defaultClientConditions],
    dedupe: ['react', 'react-dom'],
  },
  publicDir: false,
  build: {
    outDir: 'dist/app',
    emptyOutDir: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: 'counter.html' },
  },
});
