import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { Api } from '../harness/api.ts';
import { openPage, pages } from '../harness/pages.ts';
import { expect, signIn, test } from '../harness/test.ts';

type ColorScheme = 'light' | 'dark';

/** What axe finds wrong. A scheme changes colours only, so in the dark one only they are looked at. */
async function problems(page: Page, colorScheme: ColorScheme, where: string): Promise<string[]> {
  const builder = new AxeBuilder({ page });
  if (colorScheme === 'dark') builder.withRules(['color-contrast']);
  else builder.withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']);
  const { violations } = await builder.analyze();
  return violations.map(
    (each) =>
      `${where}: ${each.id} at ${each.nodes
        .map((node) => node.target.join(' '))
        .slice(0, 3)
        .join(', ')}`,
  );
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every page, window and message of the ${colorScheme} page passes axe`, async ({ browser, server }) => {
    const context = await browser.newContext({
      colorScheme,
      viewport: { width: 1280, height: 900 },
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    const found: string[] = [];
    const look = async (where: string) => {
      found.push(...(await problems(page, colorScheme, where)));
    };
    await page.goto(`${server.url}/login`);
    await expect(page.locator('input[name="email"]')).toBeVisible();
    await look('login');
    await signIn(page, server, 'admin@budapest.demo');
    const status = page.getByTestId('connection-status');
    await expect(status).toHaveAttribute('data-status', 'connected');
    for (const path of [...pages, '/nowhere']) {
      await openPage(page, server, path);
      await look(path);
    }

    await page.goto(server.url);
    await expect(status).toHaveAttribute('data-status', 'connected');
    await page.getByRole('button', { name: /Felhasználói menü/ }).click();
    await expect(page.getByRole('menu')).toBeVisible();
    await look('user menu');
    await page.keyboard.press('Escape');
    await page.getByTestId('alert-row').first().getByRole('button', { name: 'Megrendelve' }).click();
    await expect(page.getByRole('dialog')).toBeVisible();
    await look('ordered until');
    await page.keyboard.press('Escape');
    const key = new Api(server, await server.apiKey('budapest'));
    await key.ring(5, 'axe');
    await expect(page.getByTestId('toast')).toHaveCount(3);
    await look('toasts');
    await page.getByTestId('notification-bell').click();
    await expect(page.getByTestId('notification-item').first()).toBeVisible();
    await look('panel');
    await page.keyboard.press('Escape');
    await context.setOffline(true);
    await expect(status).toHaveAttribute('data-status', 'disconnected');
    await look('offline');
    await key.ring(60, 'tavol');
    await context.setOffline(false);
    await expect(page.getByTestId('gap')).toBeVisible();
    await look('digest and gap');

    await page.goto(`${server.url}/users`);
    await page.getByRole('button', { name: 'Új felhasználó' }).click();
    await expect(page.getByRole('dialog')).toBeVisible();
    await look('new user');
    await page.route('**/api/v1/admin/users', (route) =>
      route.request().method() === 'POST'
        ? route.fulfill({
            status: 403,
            contentType: 'application/problem+json',
            body: JSON.stringify({ status: 403, code: 'REAUTHENTICATION_REQUIRED' }),
          })
        : route.continue(),
    );
    await page.locator('input[name="name"]').fill('Nagy Pál');
    await page.locator('input[name="email"]').fill('pal@budapest.demo');
    await page.keyboard.press('Enter');
    await expect(page.getByTestId('reauthentication-password')).toBeFocused();
    await look('password again');
    await page.goto(`${server.url}/rentals`);
    await page.getByTestId('rental-row').first().getByRole('link').click();
    await expect(page.getByRole('dialog')).toBeVisible();
    await look('rental');

    const admin = await Api.login(server, 'admin@budapest.demo');
    await admin.setPassword('operator@budapest.demo', 'pultos jelszava');
    await page.goto(server.url);
    await page.getByTestId('logout').click();
    await expect(page).toHaveURL(/\/login/);
    await signIn(page, server, 'operator@budapest.demo', 'pultos jelszava');
    await expect(page.getByTestId('password-required')).toBeVisible();
    await page.locator('input[name="newPassword"]').press('Enter');
    await expect(page.locator('.field-error').first()).toBeVisible();
    await look('new password');
    expect(found).toEqual([]);
    await context.close();
  });
}
