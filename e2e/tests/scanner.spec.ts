import type { Locator, Page } from '@playwright/test';
import { Api } from '../harness/api.ts';
import { scan } from '../harness/scanner.ts';
import type { Server } from '../harness/server.ts';
import { expect, test } from '../harness/test.ts';

const location = 'proba-telep';

/** A location with products whose ids and barcodes are parts of each other; the last one is sold out. */
async function stockUp(server: Server): Promise<Api> {
  const api = await Api.login(server, 'admin@budapest.demo');
  await api.call('PUT', `/locations/${location}`, { name: 'Próbatelep' });
  const products = [
    { id: '1001', name: 'Próbatartó', barcodes: [], quantity: 5 },
    { id: '11001', name: 'Ágvágó 1001 mm', barcodes: [], quantity: 5 },
    { id: 'kapa', name: 'Kapa', barcodes: ['5991234567890', '72002'], quantity: 5 },
    { id: '3003', name: 'Próbakeverő', barcodes: [], quantity: 0 },
  ];
  for (const { id, name, barcodes, quantity } of products) {
    await api.call('PUT', `/products/${id}`, { name, dailyPrice: 1000, barcodes });
    await api.call('PUT', `/inventory/stock/${id}/${location}`, {
      quantity,
      warningThreshold: 0,
      criticalThreshold: 0,
    });
  }
  return api;
}

async function toItems(page: Page): Promise<Locator> {
  await page.getByTestId('wizard-partner').click();
  await page.getByRole('option').first().click();
  await page.getByTestId('wizard-next').click();
  await page.getByTestId('wizard-location').selectOption(location);
  const search = page.getByTestId('wizard-product-search');
  await search.focus();
  return search;
}

/** What is in the basket: product and pieces, in order. */
const basket = (page: Page) =>
  page
    .getByTestId('wizard-line')
    .evaluateAll((lines) =>
      lines.map((line) => `${line.getAttribute('data-product-id')} ${line.querySelector('input')?.value}`),
    );

test('three scans in 150 ms are three lines of the basket, by exact codes', async ({ server, signIn }) => {
  await stockUp(server);
  const { page } = await signIn('operator@budapest.demo');
  await page.goto(`${server.url}/rentals/new`);
  const search = await toItems(page);
  await scan(page, '1001', '5991234567890', '11001');
  await expect.poll(() => basket(page)).toEqual(['1001 1', 'kapa 1', '11001 1']);
  await expect(search).toHaveValue('');
  await scan(page, '1001');
  await expect.poll(() => basket(page)).toEqual(['1001 2', 'kapa 1', '11001 1']);
});

test('what is sold out, unknown or only a part of another code is named and adds nothing', async ({
  server,
  signIn,
}) => {
  const api = await stockUp(server);
  const { page } = await signIn('operator@budapest.demo');
  await page.goto(`${server.url}/rentals/new`);
  await toItems(page);
  await scan(page, '3003', '9999', '2002', 'kapa');
  await expect(page.getByText('Elfogyott: Próbakeverő (kód: 3003)')).toBeVisible();
  await expect(page.getByText('Nincs ilyen kód vagy termék: 9999')).toBeVisible();
  await expect(page.getByText('Nincs ilyen kód vagy termék: 2002')).toBeVisible();
  await expect.poll(() => basket(page)).toEqual(['kapa 1']);

  // Without the product 1001, its code is still not 11001.
  await api.call('PUT', '/products/1001', { name: 'Próbatartó', dailyPrice: 1000, archived: true });
  await page.getByTestId('wizard-product-search').fill('1001');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Kivezetve, nem adható ki: Próbatartó (kód: 1001)')).toBeVisible();
  await expect.poll(() => basket(page)).toEqual(['kapa 1']);
});

test('a scan is taken wherever the focus is, and changes no quantity and presses no button', async ({
  server,
  signIn,
}) => {
  await stockUp(server);
  const { page } = await signIn('operator@budapest.demo');
  await page.goto(`${server.url}/rentals/new`);
  await toItems(page);
  await scan(page, '1001');
  await expect.poll(() => basket(page)).toEqual(['1001 1']);
  await page.getByTestId('wizard-quantity').click();
  await scan(page, '11001');
  await expect.poll(() => basket(page)).toEqual(['1001 1', '11001 1']);
  await page.getByTestId('wizard-next').focus();
  await scan(page, '5991234567890', '1001', '11001');
  await expect.poll(() => basket(page)).toEqual(['1001 2', '11001 2', 'kapa 1']);
  await expect(page.getByTestId('checkout-wizard')).toHaveAttribute('data-step', 'items');
});

test('in stock a scan finds the row while a number field has the focus, and is never a quantity', async ({
  server,
  signIn,
}) => {
  const api = await stockUp(server);
  const { page } = await signIn('operator@budapest.demo');
  const rows = page.getByTestId('stock-row');
  const before = await api.stock();
  const other = page.locator(`[data-product-id="3003"][data-location-id="${location}"]`);
  await page.goto(`${server.url}/stock?search=keverő`);
  const field = other.getByTestId('stock-delta');
  await field.fill('2');
  await scan(page, '5991234567890');
  await expect(page.getByTestId('stock-scan')).toContainText('Beolvasva: 5991234567890');
  await expect(rows.first()).toHaveAttribute('data-product-id', 'kapa');
  await expect(rows.first().getByTestId('stock-delta')).toBeFocused();
  await expect(field).toHaveValue('2');
  await scan(page, '1001');
  await expect(rows.first()).toHaveAttribute('data-product-id', '1001');
  await scan(page, '9999');
  await expect(page.getByTestId('stock-scan')).toContainText('Nincs ilyen kód a készletben: 9999');
  expect(await api.stock()).toEqual(before);
});

test('a change of more than 100 pieces, or of more than there are, is asked about first', async ({
  server,
  signIn,
}) => {
  const api = await stockUp(server);
  const quantity = async () => (await api.stock('&search=1001')).find((each) => each.productId === '1001')?.quantity;
  const { page } = await signIn('operator@budapest.demo');
  await page.goto(`${server.url}/stock?search=tartó`);
  const row = page.locator(`[data-product-id="1001"][data-location-id="${location}"]`);
  await row.getByTestId('stock-delta').fill('1001');
  await row.getByTestId('stock-reason').fill('Beérkezés');
  await row.getByTestId('stock-submit').click();
  const window = page.getByRole('dialog');
  await expect(window).toContainText('5 db helyett 1 006 db lesz (+1 001).');
  // A scan confirms nothing.
  await window.getByTestId('confirm-yes').focus();
  await scan(page, '11001');
  await expect(page.getByTestId('stock-scan')).toContainText('11001');
  await window.getByTestId('confirm-no').click();
  await expect(window).toBeHidden();
  expect(await quantity()).toBe(5);

  await page.getByTestId('stock-scan').getByRole('button').click();
  await row.getByTestId('stock-delta').fill('-9');
  await row.getByTestId('stock-submit').click();
  await expect(window).toContainText('9 db-ot venne ki, de csak 5 db van.');
  await window.getByTestId('confirm-yes').click();
  await expect(row.getByTestId('stock-quantity')).toHaveText('0');
  expect(await quantity()).toBe(0);
});
