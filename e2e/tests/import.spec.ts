import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { Api } from '../harness/api.ts';
import { expect, test } from '../harness/test.ts';

interface Product {
  id: string;
  name: string;
  dailyPrice: number;
  barcodes: string[];
}

/** Drops a file on the import page, as from the desktop. */
async function drop(page: Page, name: string, text: string): Promise<void> {
  const transfer = await page.evaluateHandle(
    (file) => {
      const held = new DataTransfer();
      held.items.add(new File([file.text], file.name, { type: 'text/csv' }));
      return held;
    },
    { name, text },
  );
  await page.getByTestId('import-drop').dispatchEvent('drop', { dataTransfer: transfer });
}

/** Saves a list with its button and returns the file. */
async function save(page: Page, list: string): Promise<{ name: string; text: string }> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId(`export-${list}`).click()]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

const lines = (text: string) => text.trim().split('\r\n').length - 1;

test('a dropped file is previewed line by line and written when it is taken; exported again it changes nothing', async ({
  server,
  signIn,
}) => {
  const api = await Api.login(server, 'admin@budapest.demo');
  const { items } = await api.call<{ items: Product[] }>('GET', '/products?limit=200');
  const [raised, kept] = items;
  if (raised === undefined || kept === undefined) throw new Error('the demo has products');
  const { page } = await signIn('admin@budapest.demo');
  await page.goto(`${server.url}/products/import`);

  await drop(
    page,
    'árlista.csv',
    'productId;productName;dailyPrice;barcodes\r\n' +
      `${raised.id};;${raised.dailyPrice + 100},00 Ft;\r\n` +
      `${kept.id};${kept.name};${kept.dailyPrice};\r\n` +
      'uj-gep;Új gép;2 500;5991234500011\r\n',
  );
  const preview = page.getByTestId('import-preview');
  await expect(preview).toHaveAttribute('data-new', '1');
  await expect(preview).toHaveAttribute('data-changed', '1');
  await expect(preview).toHaveAttribute('data-untouched', '1');
  await expect(page.getByTestId('import-change').first()).toContainText('→');
  expect((await api.call<Product>('GET', `/products/${raised.id}`)).dailyPrice).toBe(raised.dailyPrice);

  await page.getByTestId('import-take').click();
  await expect(page.getByTestId('import-done')).toBeVisible();
  expect((await api.call<Product>('GET', `/products/${raised.id}`)).dailyPrice).toBe(raised.dailyPrice + 100);
  expect(await api.call<Product>('GET', '/products/uj-gep')).toMatchObject({
    dailyPrice: 2500,
    barcodes: ['5991234500011'],
  });

  for (const list of ['stock', 'products', 'partners']) {
    await page.goto(`${server.url}/products/import`);
    const file = await save(page, list);
    expect(file.name).toMatch(new RegExp(`^harang-${list}-\\d{4}-\\d{2}-\\d{2}\\.csv$`));
    expect(lines(file.text)).toBeGreaterThan(3);
    await drop(page, file.name, file.text);
    await expect(preview).toHaveAttribute('data-untouched', String(lines(file.text)));
    await expect(preview).toHaveAttribute('data-new', '0');
    await expect(preview).toHaveAttribute('data-changed', '0');
    await expect(page.getByTestId('import-take')).toHaveCount(0);
  }
});

test('a file with errors names line and column, takes nothing, and is dropped again corrected', async ({
  server,
  signIn,
}) => {
  const { page } = await signIn('admin@budapest.demo');
  await page.goto(`${server.url}/products/import`);
  await page.getByLabel('Fájl kiválasztása').setInputFiles({
    name: 'rossz.csv',
    mimeType: 'application/vnd.ms-excel',
    buffer: Buffer.from('productId;productName;dailyPrice\r\nuj-1;Gép;sok\r\nuj-2;;100\r\n'),
  });
  const preview = page.getByTestId('import-preview');
  await expect(preview).toHaveAttribute('data-problems', '2');
  const problems = page.getByTestId('import-problem');
  await expect(problems.nth(0)).toContainText('2. sor');
  await expect(problems.nth(0)).toContainText('dailyPrice');
  await expect(problems.nth(0)).toContainText('Egész számnak kell lennie, nem ennek: sok.');
  await expect(problems.nth(1)).toContainText('3. sor');
  await expect(page.getByTestId('import-take')).toHaveCount(0);
  await page.getByTestId('import-leave').click();
  await drop(page, 'jó.csv', 'productId;productName;dailyPrice\r\nuj-1;Gép;100\r\n');
  await expect(preview).toHaveAttribute('data-problems', '0');
  await expect(preview).toHaveAttribute('data-new', '1');
  await page.getByTestId('import-take').click();
  await expect(page.getByTestId('import-done')).toContainText('1 új sor');
});

test('an archived product is out of choices and alerts, and comes back with all it had', async ({ server, signIn }) => {
  const api = await Api.login(server, 'admin@budapest.demo');
  const item = (await api.stock('&severity=CRITICAL')).at(0);
  if (item === undefined) throw new Error('the demo has a critical item');
  const before = (await api.stock()).filter(({ productId }) => productId === item.productId);
  const operator = await signIn('operator@budapest.demo');
  const alert = operator.page.locator(`[data-testid="alert-row"][data-product-id="${item.productId}"]`);
  await expect(alert.first()).toBeVisible();

  const { page } = await signIn('admin@budapest.demo');
  await page.goto(`${server.url}/products`);
  await page.getByRole('searchbox').fill(item.productName);
  const row = page.locator(`[data-testid="product-row"][data-product-id="${item.productId}"]`);
  await row.getByRole('button', { name: /^Archiválás/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Archiválás' }).click();
  await expect(row).toHaveCount(0);

  await operator.page.reload();
  await expect(operator.page.getByTestId('alert-row').first()).toBeVisible();
  await expect(alert).toHaveCount(0);
  await operator.page.goto(`${server.url}/stock?search=${encodeURIComponent(item.productName)}`);
  await expect(operator.page.getByText('Nincs találat')).toBeVisible();

  await page.getByRole('radio', { name: 'Archivált' }).check();
  await expect(row).toHaveAttribute('data-archived', 'true');
  await row.getByRole('button', { name: /^Visszaállítás/ }).click();
  await expect(row).toHaveCount(0);
  await page.getByRole('radio', { name: 'Használatban' }).check();
  await expect(row).toBeVisible();
  await expect
    .poll(async () => (await api.stock()).filter(({ productId }) => productId === item.productId))
    .toEqual(before);
  await operator.page.goto(`${server.url}/`);
  await expect(alert.first()).toBeVisible();
});

test('a location and a partner are archived and restored', async ({ server, signIn }) => {
  const { page } = await signIn('admin@budapest.demo');
  for (const kind of ['location', 'partner']) {
    await page.goto(`${server.url}/${kind}s`);
    const rows = page.getByTestId(`${kind}-row`);
    const id = await rows.first().getAttribute(`data-${kind}-id`);
    const row = page.locator(`[data-testid="${kind}-row"][data-${kind}-id="${id}"]`);
    await row.getByRole('button', { name: /^Archiválás/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Archiválás' }).click();
    await expect(row).toHaveCount(0);
    await page.goto(`${server.url}/${kind}s?archived=true`);
    await expect(row).toBeVisible();
    await row.getByRole('button', { name: /^Visszaállítás/ }).click();
    await expect(row).toHaveCount(0);
    await page.goto(`${server.url}/${kind}s`);
    await expect(row).toBeVisible();
  }
});
