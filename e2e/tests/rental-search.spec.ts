import { Api } from '../harness/api.ts';
import { goods, rent, type Rental } from '../harness/rentals.ts';
import { expect, test } from '../harness/test.ts';

test('a rental is found by its number, its row opens it, and its slip fits a sheet and a receipt', async ({
  server,
  signIn,
}) => {
  const admin = await Api.login(server, 'admin@budapest.demo');
  const things = await goods(admin, 1000);
  const { id } = await rent(admin, things, { quantity: 3, days: 5 });
  const { number } = await admin.call<Rental & { number: string }>('GET', `/rentals/${id}`);
  const { name } = things.location;
  await admin.call('PUT', `/locations/${things.location.id}`, { name, rentalTerms: 'Kaució: 20 000 Ft' });
  const operator = await signIn('operator@budapest.demo');
  const { page } = operator;
  await operator.go('/rentals');
  const rows = page.getByTestId('rental-row');
  await page.getByTestId('rental-search').fill(number);
  await expect(page).toHaveURL(new RegExp(`search=${number}`));
  await expect(rows).toHaveCount(1);
  await expect(rows.getByTestId('rental-number')).toHaveText(number);
  await page.getByTestId('rental-search').fill(things.product.name);
  const row = page.locator(`[data-testid="rental-row"][data-rental-id="${id}"]`);
  await expect(row).toBeVisible();
  await expect(rows.filter({ hasNotText: things.product.name })).toHaveCount(0);

  // The empty middle of the row opens it, and so does Enter on its name.
  await row.click({ position: { x: 8, y: 8 } });
  const record = page.getByRole('dialog');
  await expect(record).toContainText(number);
  await page.keyboard.press('Escape');
  await expect(record).toBeHidden();
  await row.getByRole('link').press('Enter');
  await record.getByTestId('rental-slip').click();

  const slip = page.getByTestId('slip');
  await expect(slip.getByTestId('rental-number')).toHaveText(number);
  await expect(slip).toContainText(things.product.name);
  await expect(slip.getByTestId('slip-terms')).toContainText('Kaució: 20 000 Ft');
  await page.emulateMedia({ media: 'print' });
  for (const width of [302, 794]) {
    await page.setViewportSize({ width, height: 1100 });
    await expect(page.getByRole('navigation').first()).toBeHidden();
    await expect(page.getByRole('button', { name: 'Nyomtatás' })).toBeHidden();
    await expect.poll(async () => (await slip.boundingBox())?.width ?? 0).toBeLessThanOrEqual(width);
    const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    await expect.poll(overflow).toBeLessThanOrEqual(0);
    await expect.poll(async () => (await slip.boundingBox())?.height ?? 9999).toBeLessThan(1100);
  }
});
