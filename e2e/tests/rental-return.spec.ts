import { Api } from '../harness/api.ts';
import { goods, piecesInStock, rent, type Rental } from '../harness/rentals.ts';
import { expect, test } from '../harness/test.ts';

const forints = (amount: number) => new RegExp(`${amount.toLocaleString('hu-HU', { useGrouping: 'always' })}\\sFt`);

test('a part of a paid rental comes back with credit: the clerk hands the money back, the rest stays out', async ({
  server,
  signIn,
}) => {
  const admin = await Api.login(server, 'admin@budapest.demo');
  const things = await goods(admin, 1000);
  const { id } = await rent(admin, things, { quantity: 3, days: 5, payment: { method: 'CASH' } });
  expect(await piecesInStock(admin, things)).toBe(7);
  const operator = await signIn('operator@budapest.demo');
  const { page } = operator;
  await operator.go('/rentals');
  const row = page.locator(`[data-testid="rental-row"][data-rental-id="${id}"]`);
  await row.getByTestId('rental-return').click();

  const change = page.getByTestId('rental-change');
  const submit = change.getByTestId('change-submit');
  await change.getByTestId('return-quantity').fill('1');
  await change.getByRole('switch').click();
  await expect(change.getByTestId('change-outcome')).toContainText(forints(11_000));
  const refund = change.locator('[data-testid="change-refund"][data-method="CASH"]');
  await expect(refund).toContainText(forints(4000)); // one piece, four days that have not begun
  expect(await piecesInStock(admin, things)).toBe(7); // nothing is done yet
  await expect(submit).not.toHaveAttribute('aria-disabled');
  await submit.click();
  await expect(change.getByTestId('change-done')).toContainText(forints(4000));
  await change.getByTestId('change-done').getByRole('button', { name: 'Bezárás' }).click();
  await expect(row).toContainText('3 db-ból 2 van kint');
  await expect(row).toHaveAttribute('data-status', 'OPEN');
  expect(await piecesInStock(admin, things)).toBe(8);
  expect(await admin.call<Rental>('GET', `/rentals/${id}`)).toMatchObject({
    totalValue: 11_000,
    paidAmount: 11_000,
    refundedAmount: 4000,
    owedAmount: 0,
    lines: [{ quantity: 3, returned: 1 }],
  });

  await row.getByRole('link').click();
  await expect(page.getByTestId('refund-row')).toHaveAttribute('data-status', 'SUCCEEDED');
  await page.getByRole('dialog').getByTestId('rental-return').click();
  await expect(change.getByTestId('return-quantity')).toHaveValue('2');
  await expect(submit).not.toHaveAttribute('aria-disabled');
  await submit.click();
  await expect(row).toHaveAttribute('data-status', 'RETURNED');
  expect(await piecesInStock(admin, things)).toBe(10);
});

test('an extension costs what was shown: a price that has changed is asked again, and what is added can be paid', async ({
  server,
  signIn,
}) => {
  const admin = await Api.login(server, 'admin@budapest.demo');
  const things = await goods(admin, 1000);
  const { id, dueAt } = await rent(admin, things, { quantity: 2, days: 3, payment: { method: 'CASH' } });
  const operator = await signIn('operator@budapest.demo');
  const { page } = operator;
  await operator.go('/rentals');
  const row = page.locator(`[data-testid="rental-row"][data-rental-id="${id}"]`);
  await row.getByTestId('rental-extend').click();

  const change = page.getByTestId('rental-change');
  const submit = change.getByTestId('change-submit');
  await expect(change.getByTestId('extend-price')).toContainText(forints(2000));
  await expect(submit).toContainText(forints(2000));
  // A piece comes back at another counter meanwhile.
  await admin.call('POST', `/rentals/${id}/return`, { lines: [{ productId: things.product.id, quantity: 1 }] });
  await submit.click();
  await expect(change.getByRole('alert')).toContainText(forints(8000));
  await expect(change.getByRole('alert')).toContainText(forints(7000));
  await expect(submit).toContainText(forints(1000));
  await expect(submit).not.toHaveAttribute('aria-disabled');
  expect((await admin.call<Rental>('GET', `/rentals/${id}`)).dueAt).toBe(dueAt);
  await submit.click();
  await expect(change.getByTestId('change-done')).toContainText(forints(1000));
  const after = await admin.call<Rental>('GET', `/rentals/${id}`);
  expect(after).toMatchObject({ totalValue: 7000, owedAmount: 1000 });
  expect(Date.parse(after.dueAt)).toBeGreaterThan(Date.parse(dueAt));

  await change.getByTestId('change-pay').click();
  await page.getByTestId('pay-method').selectOption('CASH');
  await page.getByTestId('pay-submit').click();
  await expect(page.getByText('A fizetés sikerült')).toBeVisible();
  await expect(row.getByTestId('rental-owed')).toHaveCount(0);
});

test('a cancelled rental that was paid by card is refunded by the provider, and the record says how far that is', async ({
  server,
  signIn,
}) => {
  const admin = await Api.login(server, 'admin@budapest.demo');
  const things = await goods(admin, 1000);
  const { id } = await rent(admin, things, {
    quantity: 1,
    days: 2,
    payment: { method: 'CARD', cardToken: 'tok_ok' },
  });
  const manager = await signIn('manager@budapest.demo');
  const { page } = manager;
  await manager.go(`/rentals?rental=${id}`);
  await page.getByRole('dialog').getByTestId('rental-cancel').click();
  const change = page.getByTestId('rental-change');
  await expect(change.locator('[data-testid="change-refund"][data-method="CARD"]')).toContainText(forints(2000));
  await expect(change.getByTestId('change-submit')).not.toHaveAttribute('aria-disabled');
  await change.getByTestId('change-submit').click();
  const done = change.getByTestId('change-done');
  await expect(done.getByTestId('refund-row')).toContainText(forints(2000));
  await done.getByRole('button', { name: 'Bezárás' }).click();
  await expect(change).toHaveCount(0);
  await expect(page.getByTestId('refund-row')).toHaveAttribute('data-status', 'SUCCEEDED');
  await expect(page.getByRole('dialog')).toContainText('Lemondva');
  expect(await piecesInStock(admin, things)).toBe(10);
});
