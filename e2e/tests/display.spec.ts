import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { Api } from '../harness/api.ts';
import { expect, test } from '../harness/test.ts';

const message = (page: Page) => page.getByTestId('counter-message');

async function shows(page: Page): Promise<void> {
  await expect(page.getByTestId('connection-status')).toHaveAttribute('data-status', 'connected');
  await expect(page.getByTestId('counter')).toBeVisible();
}

test('a display put on a wall and revoked', async ({ browser, server, signIn }) => {
  const admin = await signIn('admin@budapest.demo');
  await admin.go('/displays');
  await admin.page.getByRole('button', { name: 'Új kijelző' }).click();
  const window = admin.page.getByRole('dialog');
  await window.getByLabel('Hol lesz?').fill('Pult mögött');
  await window.getByRole('button', { name: 'Hivatkozás készítése' }).click();
  await expect(admin.page.getByTestId('secret')).toContainText(`${server.url}/counter#d=hd_`);
  const link = (await admin.page.getByTestId('secret').innerText()).trim();
  await window.getByRole('button', { name: 'Felírtam' }).click();
  const row = admin.page.getByTestId('display-row').filter({ hasText: 'Pult mögött' });
  await expect(row).toContainText('még nem nyitották meg');

  // A browser with an empty profile, as a kiosk has every morning.
  const wall = await (await browser.newContext({ viewport: { width: 1920, height: 1080 } })).newPage();
  await wall.goto(link);
  await shows(wall);
  const api = await Api.login(server, 'operator@budapest.demo');
  const item = (await api.stock('&severity=OK')).find((each) => each.criticalThreshold > 0)!;
  await api.call('POST', '/inventory/adjustments', {
    productId: item.productId,
    locationId: item.locationId,
    delta: item.criticalThreshold - 1 - item.quantity,
    reason: 'leltár',
  });
  await expect(wall.getByTestId('counter-alert').first()).toContainText(item.productName);
  await expect(row).toContainText('Látható', { timeout: 30_000 });
  await expect(wall.getByTestId('counter').getByRole('button')).toHaveCount(0);
  const { violations } = await new AxeBuilder({ page: wall }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa']).analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);

  // The link opened on another screen ends this one, which does not fight for it, also after a reload.
  const other = await (await browser.newContext()).newPage();
  await other.goto(link);
  await shows(other);
  await expect(message(wall)).toContainText('Ez a kijelző máshol nyílt meg');
  await wall.reload();
  await expect(message(wall)).toContainText('Ez a kijelző máshol nyílt meg');
  await shows(other);
  await wall.getByRole('button', { name: 'Visszaveszem ide' }).click();
  await shows(wall);
  await expect(message(other)).toContainText('Ez a kijelző máshol nyílt meg');

  await row.getByRole('button', { name: 'Visszavonás' }).click();
  const question = admin.page.getByRole('dialog', { name: /Pult mögött/ });
  await question.getByRole('button', { name: 'Visszavonás' }).click();
  await expect(message(wall)).toContainText('Ezt a kijelzőt visszavonták');
  await expect(row).toHaveCount(0);
  await other.getByRole('button', { name: 'Visszaveszem ide' }).click();
  await expect(message(other)).toContainText('Ezt a kijelzőt visszavonták');
  await wall.context().close();
  await other.context().close();
});

test('a display survives an outage and comes back by itself', async ({ browser, server }) => {
  const admin = await Api.login(server, 'admin@budapest.demo');
  const { link } = await admin.call<{ link: string }>('POST', '/admin/displays', { name: 'Raktár' });
  const context = await browser.newContext();
  const wall = await context.newPage();
  await wall.goto(link);
  await shows(wall);
  await context.setOffline(true);
  await expect(wall.getByTestId('connection-status')).toHaveAttribute('data-status', 'disconnected');
  await expect(wall.getByTestId('counter')).toBeVisible();
  await context.setOffline(false);
  await shows(wall);
  await context.close();
});
