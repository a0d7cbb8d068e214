import type { Locator, Page } from '@playwright/test';
import { Api, type StockItem } from '../harness/api.ts';
import { expect, expectOnlyToasts, expectToast, test } from '../harness/test.ts';

interface Named {
  id: string;
  name: string;
}

/** Goes through the wizard up to the payment step, by the fields' fixed names. */
async function fillWizard(page: Page, partner: Named, item: StockItem, quantity: number): Promise<void> {
  const wizard = page.getByTestId('checkout-wizard');
  await wizard.getByTestId('wizard-partner').fill(partner.name);
  await page.getByRole('option', { name: partner.name }).first().click();
  await wizard.getByTestId('wizard-next').click();
  await wizard.getByTestId('wizard-location').selectOption(item.locationId);
  await wizard.getByTestId('wizard-product-search').fill(item.productName);
  await wizard.locator(`[data-testid="wizard-add"][data-product-id="${item.productId}"]`).click();
  await wizard.getByTestId('wizard-quantity').fill(String(quantity));
  await wizard.getByTestId('wizard-next').click();
}

async function pay(page: Page, method: 'CARD' | 'CASH', card?: string): Promise<Locator> {
  await page.getByTestId('wizard-method').selectOption(method);
  if (card) await page.getByTestId('wizard-card-token').selectOption(card);
  await page.getByTestId('wizard-submit').click();
  return page.getByTestId('wizard-result');
}

/** A product with plenty of pieces at one place, and somebody to lend it to. */
async function goods(api: Api): Promise<{ partner: Named; item: StockItem }> {
  const partner = (await api.call<{ items: Named[] }>('GET', '/partners?limit=1')).items[0]!;
  const item = (await api.stock('&severity=OK')).find(
    (s) => s.criticalThreshold > 0 && s.quantity > s.warningThreshold + 2,
  )!;
  return { partner, item };
}

test('checkout at the counter rings green at the manager, not at the clerk, and not next door', async ({
  server,
  signIn,
}) => {
  const manager = await signIn('manager@budapest.demo');
  const stranger = await signIn('manager@debrecen.demo');
  const operator = await signIn('operator@budapest.demo');
  const { partner, item } = await goods(await Api.login(server, 'operator@budapest.demo'));

  await operator.go('/rentals/new');
  await fillWizard(operator.page, partner, item, 2);
  const result = await pay(operator.page, 'CASH');
  await expect(result).toHaveAttribute('data-status', 'OPEN');

  await expectToast(manager.page, `Új bérlés: ${partner.name} - 2 tétel`, 'success');
  await expect(manager.page.getByText(partner.name).first()).toBeVisible(); // in "Friss bérlések" without a reload
  // Something everybody of this tenant hears comes after it: the clerk had it, but not the rental.
  await new Api(server, await server.apiKey('budapest')).ring(1, 'utana');
  await expectOnlyToasts(operator.page, ['Próba utana 1']);
  await new Api(server, await server.apiKey('debrecen')).ring(1, 'masik');
  await expectOnlyToasts(stranger.page, ['Próba masik 1']);
});

test('a declined card rings red at the manager; the clerk is told the next step, pays with another card, and it rings green', async ({
  server,
  signIn,
}) => {
  const manager = await signIn('manager@budapest.demo');
  const operator = await signIn('operator@budapest.demo');
  const { partner, item } = await goods(await Api.login(server, 'operator@budapest.demo'));

  await operator.go('/rentals/new');
  await fillWizard(operator.page, partner, item, 1);
  const result = await pay(operator.page, 'CARD', 'tok_insufficient_funds');
  await expect(result).toHaveAttribute('data-status', 'AWAITING_PAYMENT');
  await expect(result).toContainText(/másik kártyát/i);

  await expectOnlyToasts(manager.page, ['Fizetési hiba:'], 'error');
  await expectToast(manager.page, partner.name, 'error');
  await expectOnlyToasts(operator.page, []);

  await pay(operator.page, 'CARD', 'tok_ok');
  await expect(result).toHaveAttribute('data-status', 'OPEN');
  await expectToast(manager.page, `Új bérlés: ${partner.name} - 1 tétel`, 'success');
});

test('a checkout that empties the shelf rings a stock alert at everyone', async ({ server, signIn }) => {
  const manager = await signIn('manager@budapest.demo');
  const operator = await signIn('operator@budapest.demo');
  const { partner, item } = await goods(await Api.login(server, 'operator@budapest.demo'));

  await operator.go('/rentals/new');
  await fillWizard(operator.page, partner, item, item.quantity - item.criticalThreshold + 1);
  await expect(await pay(operator.page, 'CASH')).toHaveAttribute('data-status', 'OPEN');
  for (const person of [manager, operator]) {
    await expectToast(person.page, `Kritikus készlethiány: ${item.productName}`);
  }
});

test("the browser's Back goes one step back with the basket, and never into a finished checkout", async ({
  server,
  signIn,
}) => {
  const operator = await signIn('operator@budapest.demo');
  const { page } = operator;
  const { partner, item } = await goods(await Api.login(server, 'operator@budapest.demo'));
  const wizard = page.getByTestId('checkout-wizard');
  await operator.go('/rentals/new');
  await fillWizard(page, partner, item, 2);
  await expect(page).toHaveURL(/\?step=pay$/);
  await page.goBack();
  await expect(wizard.getByTestId('wizard-quantity')).toHaveValue('2');
  await page.goForward();
  await expect(await pay(page, 'CASH')).toHaveAttribute('data-status', 'OPEN');
  await expect(page).toHaveURL(/\?step=done$/);
  await page.reload();
  await expect(wizard).toHaveAttribute('data-step', 'partner');
  await page.goBack();
  await expect(wizard).toHaveAttribute('data-step', 'partner');
  await expect(wizard.getByTestId('wizard-partner')).toHaveValue('');
});

test('more pieces than there are: the line says how many are left, nothing is sold', async ({ server, signIn }) => {
  const operator = await signIn('operator@budapest.demo');
  const api = await Api.login(server, 'operator@budapest.demo');
  const { partner, item } = await goods(api);
  await operator.go('/rentals/new');
  await fillWizard(operator.page, partner, item, item.quantity + 1);
  await expect(operator.page.getByTestId('wizard-line')).toContainText(String(item.quantity));
  await expect(operator.page.getByTestId('checkout-wizard')).toHaveAttribute('data-step', 'items');
  expect(
    (await api.stock(`&search=${encodeURIComponent(item.productName)}&locationId=${item.locationId}`))[0]!.quantity,
  ).toBe(item.quantity);
});
