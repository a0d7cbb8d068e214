import AxeBuilder from '@axe-core/playwright';
import { test as base, expect } from '@playwright/test';
import { resolve } from 'node:path';
import { Api } from '../harness/api.ts';
import { Server } from '../harness/server.ts';
import { signIn } from '../harness/test.ts';

// Pictures of every page for people to look at: wide, tablet and phone, light
// and dark, Hungarian (English for two pages). Run with `make screenshots`.
const directory = resolve(import.meta.dirname, '../screenshots');
const sizes = {
  wide: { width: 1440, height: 900 },
  tablet: { width: 1024, height: 768 },
  phone: { width: 390, height: 844 },
};
const pages = {
  dashboard: '/',
  stock: '/stock',
  rentals: '/rentals',
  wizard: '/rentals/new',
  payments: '/payments',
  notifications: '/notifications',
  partners: '/partners',
  check: '/check',
};

base('pictures of every page', async ({ browser }) => {
  const server = await Server.start();
  const key = new Api(server, await server.apiKey('budapest'));
  const problems: string[] = [];
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await browser.newContext({ viewport, colorScheme, locale: 'hu-HU' });
      const page = await context.newPage();
      page.on('console', (m) => {
        if (m.type() === 'error') problems.push(`${size} ${colorScheme} console: ${m.text()}`);
      });
      page.on('pageerror', (e) => problems.push(`${size} ${colorScheme} error: ${e.message}`));
      await page.goto(`${server.url}/login`);
      await page.screenshot({ path: `${directory}/login-${size}-${colorScheme}.png` });
      await signIn(page, server, 'manager@budapest.demo');
      await expect(page.getByTestId('connection-status')).toHaveAttribute('data-status', 'connected');
      for (const [name, path] of Object.entries(pages)) {
        await page.goto(server.url + path);
        await expect(page.getByTestId('connection-status')).toHaveAttribute('data-status', 'connected');
        await page.waitForLoadState('networkidle');
        await page.screenshot({ path: `${directory}/${name}-${size}-${colorScheme}.png` });
        const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa']).analyze();
        for (const v of violations)
          problems.push(
            `${name} ${size} ${colorScheme}: ${v.id} ${v.nodes
              .map((n) => n.target.join(' '))
              .slice(0, 3)
              .join(', ')}`,
          );
      }
      await page.goto(`${server.url}/`);
      await expect(page.getByTestId('connection-status')).toHaveAttribute('data-status', 'connected');
      await key.ring(3, `kep-${size}-${colorScheme}`);
      await expect(page.getByTestId('toast').first()).toBeVisible();
      await page.screenshot({ path: `${directory}/toasts-${size}-${colorScheme}.png` });
      await page.getByTestId('notification-bell').click();
      await expect(page.getByTestId('notification-panel')).toBeVisible();
      await page.waitForLoadState('networkidle');
      await page.screenshot({ path: `${directory}/panel-${size}-${colorScheme}.png` });
      await context.close();
    }
  }
  await server.stop();
  console.log(problems.length === 0 ? 'no axe or console problem' : problems.join('\n'));
});
