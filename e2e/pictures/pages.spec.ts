import AxeBuilder from '@axe-core/playwright';
import { expect, test as base, type Page } from '@playwright/test';
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
  closing: '/payments/closing?from=2026-01-01&to=2099-01-01',
  notifications: '/notifications',
  partners: '/partners',
  products: '/products',
  locations: '/locations',
  import: '/products/import',
  users: '/users',
  keys: '/api-keys',
  connections: '/connections',
  check: '/check',
  account: '/account',
  missing: '/nowhere',
};
// What somebody opens on a page: its name, the page, how to get there, and the role of what then appears.
interface Window {
  path: string;
  open: (page: Page) => Promise<unknown>;
  role?: 'dialog' | 'listbox' | 'menu';
}
const windows: Record<string, Window> = {
  menu: { role: 'menu', path: '/', open: (page) => page.getByRole('button', { name: /Felhasználói menü/ }).click() },
  mute: {
    role: 'dialog',
    path: '/',
    open: async (page) => {
      await page.getByRole('button', { name: /Felhasználói menü/ }).click();
      await page.getByRole('menuitem', { name: 'Felugró értesítések' }).click();
    },
  },
  order: {
    role: 'dialog',
    path: '/',
    open: (page) => page.getByTestId('alert-row').first().getByRole('button', { name: 'Megrendelve' }).click(),
  },
  pay: { role: 'dialog', path: '/payments', open: (page) => page.getByTestId('payment-retry').first().click() },
  levels: {
    role: 'dialog',
    path: '/stock',
    open: (page) => page.getByTestId('stock-row').first().getByRole('button', { name: /szint/i }).click(),
  },
  reason: {
    role: 'listbox',
    path: '/stock',
    open: async (page) => {
      await page.getByTestId('stock-delta').first().fill('2');
      await page.getByTestId('stock-reason').first().click();
    },
  },
  'stock-refused': {
    path: '/stock',
    open: async (page) => {
      await page.getByTestId('stock-delta').first().fill('x');
      await page.getByTestId('stock-submit').first().click();
    },
  },
  rental: {
    role: 'dialog',
    path: '/rentals',
    open: (page) => page.getByTestId('rental-row').first().getByRole('link').click(),
  },
  confirm: {
    role: 'dialog',
    path: '/rentals?status=OPEN',
    open: (page) =>
      page
        .getByTestId('rental-row')
        .first()
        .getByRole('button', { name: /^Visszavétel/ })
        .click(),
  },
  extend: {
    role: 'dialog',
    path: '/rentals?status=OPEN',
    open: async (page) => {
      await page.getByTestId('rental-extend').first().click();
      await expect(page.getByTestId('change-submit')).not.toHaveAttribute('aria-disabled');
    },
  },
  hours: {
    role: 'dialog',
    path: '/locations',
    open: (page) =>
      page
        .getByRole('button', { name: /^Nyitvatartás/ })
        .first()
        .click(),
  },
  'new-user': {
    role: 'dialog',
    path: '/users',
    open: async (page) => {
      await page.getByRole('button', { name: 'Új felhasználó' }).click();
      await page.getByRole('dialog').locator('button[type="submit"]').click();
    },
  },
  partner: { role: 'listbox', path: '/rentals/new', open: (page) => page.getByTestId('wizard-partner').click() },
  items: {
    path: '/rentals/new',
    open: async (page) => {
      await toItems(page);
      await page.getByTestId('wizard-product-search').fill('a');
      await page.getByTestId('wizard-add').first().click();
    },
  },
  tender: {
    path: '/rentals/new',
    open: async (page) => {
      await toItems(page);
      await page.getByTestId('wizard-product-search').fill('a');
      await page.locator('[data-testid="wizard-add"]:enabled').first().click();
      await page.getByTestId('wizard-next').click();
      await page.getByTestId('wizard-method').focus();
    },
  },
};

async function toItems(page: Page): Promise<void> {
  await page.getByTestId('wizard-partner').click();
  await page.getByRole('option').first().click();
  await page.getByTestId('wizard-next').click();
  await expect(page.getByTestId('checkout-wizard')).toHaveAttribute('data-step', 'items');
  await page.getByTestId('wizard-location').selectOption('vaci-ut');
}

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
      await signIn(page, server, 'admin@budapest.demo');
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
      for (const [name, { path, open, role }] of Object.entries(windows)) {
        await page.goto(server.url + path);
        await expect(page.getByTestId('connection-status')).toHaveAttribute('data-status', 'connected');
        await open(page);
        if (role !== undefined) await expect(page.getByRole(role)).toBeVisible();
        await page.waitForLoadState('networkidle');
        await page.screenshot({ path: `${directory}/${name}-${size}-${colorScheme}.png`, animations: 'disabled' });
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
