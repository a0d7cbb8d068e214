import type { Locator, Page } from '@playwright/test';
import { Api } from '../harness/api.ts';
import { goods, rent } from '../harness/rentals.ts';
import { expect, test } from '../harness/test.ts';

interface Me {
  id: string;
  name: string;
}

const me = (api: Api) => api.call<Me>('GET', '/me');

/** The rows of the audit page about one action. */
async function auditRows(page: Page, action: string): Promise<Locator> {
  await page.getByTestId('audit-action').selectOption(action);
  await expect(page).toHaveURL(new RegExp(`action=${action}`));
  const rows = page.locator(`[data-testid="audit-row"][data-action="${action}"]`);
  await expect(page.locator(`[data-testid="audit-row"]:not([data-action="${action}"])`)).toHaveCount(0);
  return rows;
}

test('a clerk cancelled a paid rental: the manager sees in its history who, when, and what was paid', async ({
  server,
  signIn,
}) => {
  const admin = await Api.login(server, 'admin@budapest.demo');
  const clerk = await Api.login(server, 'operator@budapest.demo');
  const things = await goods(admin, 1000);
  const { id } = await rent(clerk, things, { quantity: 2, days: 2, payment: { method: 'CASH' } });
  await clerk.call('POST', `/rentals/${id}/cancel?dryRun=true`);
  await clerk.call('POST', `/rentals/${id}/cancel`);
  const { name } = await me(clerk);

  const manager = await signIn('manager@budapest.demo');
  await manager.go('/rentals');
  const { page } = manager;
  await page.goto(`${server.url}/rentals?status=CANCELLED`);
  await page.locator(`[data-testid="rental-row"][data-rental-id="${id}"]`).getByRole('link').click();
  await page.getByTestId('open-rental-history').click();
  const entry = page.getByTestId('rental-history').getByTestId('history-entry');
  await expect(entry).toHaveAttribute('data-action', 'rental.cancel');
  await expect(entry).toContainText(name);
  await expect(entry).toContainText(/4\s000\sFt/);
  await expect(entry).toContainText('Lemondva');
});

test('stock that went missing: its history says who took how many, why, and what was left', async ({
  server,
  signIn,
}) => {
  const admin = await Api.login(server, 'admin@budapest.demo');
  const clerk = await Api.login(server, 'operator@budapest.demo');
  const { product, location } = await goods(admin, 1000);
  for (const delta of [-1, -2]) {
    await clerk.call('POST', '/inventory/adjustments', {
      productId: product.id,
      locationId: location.id,
      delta,
      reason: 'eltűnt',
    });
  }
  const { name } = await me(clerk);

  const manager = await signIn('manager@budapest.demo');
  await manager.go(`/stock?search=${encodeURIComponent(product.name)}`);
  await manager.page.getByTestId('open-stock-history').click();
  const movements = manager.page.getByTestId('stock-history').getByTestId('movement');
  await expect(movements).toHaveText([/−2 · eltűnt.*maradt: 7/, /−1 · eltűnt.*maradt: 9/, /\+10 .*maradt: 10/]);
  await expect(movements.first()).toContainText(name);
});

test('a role was raised and lowered: the audit page and the history of the user show both, with who did it', async ({
  server,
  signIn,
}) => {
  const boss = await Api.login(server, 'admin@budapest.demo');
  const { id } = await me(await Api.login(server, 'operator@budapest.demo'));
  for (const role of ['STORE_MANAGER', 'OPERATOR']) await boss.call('PATCH', `/admin/users/${id}`, { role });
  const { name } = await me(boss);

  const admin = await signIn('admin@budapest.demo');
  await admin.go('/audit');
  const { page } = admin;
  const rows = await auditRows(page, 'user.role');
  await expect(rows).toHaveText([/Üzletvezető → Pultos/, /Pultos → Üzletvezető/]);
  await expect(rows.first()).toContainText(name);
  // The filter is in the address: a reload shows the same.
  await page.reload();
  await expect(rows).toHaveCount(2);

  await admin.go('/users');
  await page.locator(`[data-testid="user-row"][data-user-id="${id}"]`).getByTestId('open-user-history').click();
  const changes = page.getByTestId('user-history').locator('[data-action="user.role"]');
  await expect(changes).toHaveText([/Üzletvezető → Pultos/, /Pultos → Üzletvezető/]);
});

test('an export is seen: who saved which list with which filter, and saving the audit log is in it too', async ({
  signIn,
}) => {
  const manager = await signIn('manager@budapest.demo');
  await manager.go('/payments?status=SUCCEEDED');
  const saved = manager.page.waitForEvent('download');
  await manager.page.getByTestId('export-payments').click();
  await saved;

  const admin = await signIn('admin@budapest.demo');
  await admin.go('/audit');
  const { page } = admin;
  const rows = await auditRows(page, 'list.export');
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText('payments');
  await expect(rows).toContainText('SUCCEEDED');
  const own = page.waitForEvent('download');
  await page.getByTestId('export-audit').click();
  expect((await own).suggestedFilename()).toMatch(/\.csv$/);
  await page.reload();
  await expect(rows).toHaveCount(2);
});

test('a silenced alert is explained: who expected pieces, and until when', async ({ server, signIn }) => {
  const admin = await Api.login(server, 'admin@budapest.demo');
  const clerk = await Api.login(server, 'operator@budapest.demo');
  const { product, location } = await goods(admin, 1000);
  const path = `/inventory/stock/${product.id}/${location.id}`;
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  await clerk.call('PATCH', path, { expectedAt: tomorrow });
  const { name } = await me(clerk);

  const manager = await signIn('manager@budapest.demo');
  await manager.go(`/stock?search=${encodeURIComponent(product.name)}`);
  await manager.page.getByTestId('open-stock-history').click();
  const entry = manager.page.getByTestId('stock-history').locator('[data-action="stock.expect"]');
  await expect(entry).toContainText('riasztás némítva');
  await expect(entry).toContainText(name);

  // What is for administrators is not for managers.
  await manager.page.goto(`${server.url}/audit`);
  await expect(manager.page.getByText('Ez az oldal adminisztrátoroknak szól')).toBeVisible();
});
