import { Api } from '../harness/api.ts';
import { goods, type Rental } from '../harness/rentals.ts';
import { expect, test } from '../harness/test.ts';

const forints = (amount: number) => new RegExp(`${amount.toLocaleString('hu-HU', { useGrouping: 'always' })}\\sFt`);

test('who pays later is asked at the return, pays in cash in steps of 5 Ft, and owes nothing anywhere', async ({
  server,
  signIn,
}) => {
  const admin = await Api.login(server, 'admin@budapest.demo');
  const { partner, location, product } = await goods(admin, 1233);
  const operator = await signIn('operator@budapest.demo');
  const { page } = operator;

  await operator.go('/rentals/new');
  const wizard = page.getByTestId('checkout-wizard');
  await wizard.getByTestId('wizard-partner').fill(partner.name);
  await page.getByRole('option', { name: partner.name }).first().click();
  await wizard.getByTestId('wizard-next').click();
  await wizard.getByTestId('wizard-location').selectOption(location.id);
  await wizard.getByTestId('wizard-product-search').fill(product.name);
  await wizard.locator(`[data-testid="wizard-add"][data-product-id="${product.id}"]`).click();
  await wizard.getByTestId('wizard-next').click();
  await page.getByTestId('wizard-method').selectOption('NONE');
  await page.getByTestId('wizard-submit').click();
  const result = page.getByTestId('wizard-result');
  await expect(result).toHaveAttribute('data-status', 'OPEN');
  const id = (await result.getAttribute('data-rental-id'))!;
  const rental = () => admin.call<Rental>('GET', `/rentals/${id}`);
  expect((await rental()).owedAmount).toBe(1233);

  await operator.go('/rentals?owed=true');
  const row = page.locator(`[data-testid="rental-row"][data-rental-id="${id}"]`);
  await expect(row.getByTestId('rental-owed')).toHaveText('Fizetetlen');
  const { owedTotal } = await admin.call<{ owedTotal: number }>('GET', '/rentals?owed=true&limit=1');
  await expect(page.getByTestId('owed-total')).toHaveText(forints(owedTotal));

  await row.getByTestId('rental-return').click();
  const change = page.getByTestId('rental-change');
  await expect(change.getByTestId('change-outcome')).toHaveText(forints(1233));
  await expect(change.getByTestId('change-submit')).not.toHaveAttribute('aria-disabled');
  await change.getByTestId('change-submit').click();
  await expect(change.getByTestId('change-done')).toContainText(forints(1233));
  await expect(row).toHaveAttribute('data-status', 'RETURNED');

  const manager = await signIn('manager@budapest.demo');
  const debt = manager.page.locator(`[data-testid="debt-row"][data-rental-id="${id}"]`);
  await manager.go('/payments?status=TODO');
  await expect(debt).toContainText(forints(1233));
  await expect(debt.getByTestId('rental-owed')).toHaveText('Fizetetlen');
  await debt.getByTestId('rental-pay').click();
  await manager.page.getByTestId('pay-method').selectOption('CASH');
  await expect(manager.page.getByTestId('pay-submit')).toHaveText(forints(1235));

  await change.getByTestId('change-pay').click();
  await page.getByTestId('pay-method').selectOption('CASH');
  await expect(page.getByTestId('pay-submit')).toHaveText(forints(1235));
  await page.getByTestId('pay-submit').click();
  await expect(page.getByText('A fizetés sikerült')).toBeVisible();

  await expect(row).toHaveCount(0); // no debtor any more
  await expect(page.getByTestId('owed-total')).toHaveText(forints(owedTotal - 1233));
  expect(await rental()).toMatchObject({ status: 'RETURNED', owedAmount: 0, paidAmount: 1235, roundingAmount: 2 });

  await manager.go('/payments?status=TODO');
  await expect(manager.page.getByTestId('failure-row').first()).toBeVisible();
  await expect(debt).toHaveCount(0);
  await manager.go(`/rentals?rental=${id}`);
  const record = manager.page.getByRole('dialog');
  await expect(record).toContainText(/Kifizetve\s*1\s235\sFt/);
  await expect(record).toContainText(/kerekítés\s*2\sFt/);
  await expect(record.getByTestId('rental-owed')).toHaveCount(0);
  await expect(record.getByTestId('rental-pay')).toHaveCount(0);
});
