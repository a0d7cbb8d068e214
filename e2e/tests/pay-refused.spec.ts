import type { Locator, Page } from '@playwright/test';
import { Api } from '../harness/api.ts';
import { expect, test } from '../harness/test.ts';

/** Hands a checkout of one piece in with this card. */
async function handIn(page: Page, api: Api, card: string): Promise<Locator> {
  const item = (await api.stock('&severity=OK'))[0]!;
  await page.getByTestId('wizard-partner').click();
  await page.getByRole('option').first().click();
  await page.getByTestId('wizard-next').click();
  await page.getByTestId('wizard-location').selectOption(item.locationId);
  await page.getByTestId('wizard-product-search').fill(item.productName);
  await page.locator(`[data-testid="wizard-add"][data-product-id="${item.productId}"]`).click();
  await page.getByTestId('wizard-next').click();
  await page.getByTestId('wizard-card-token').selectOption(card);
  await page.getByTestId('wizard-submit').click();
  return page.getByTestId('wizard-result');
}

const offeredCards = (page: Page) =>
  page
    .getByTestId('wizard-card-token')
    .getByRole('option')
    .evaluateAll((options) => options.map((option) => (option as HTMLOptionElement).value));

test('after a decline the checkout stays at its payment and counts down', async ({ server, signIn }) => {
  const api = await Api.login(server, 'operator@budapest.demo');
  const { page } = await signIn('operator@budapest.demo');
  await page.goto(`${server.url}/rentals/new`);
  const result = await handIn(page, api, 'tok_insufficient_funds');
  await expect(result).toHaveAttribute('data-status', 'AWAITING_PAYMENT');
  await expect(page.getByTestId('checkout-wizard')).toHaveAttribute('data-step', 'pay');
  await expect(page).toHaveURL(/\?step=pay$/);
  const timer = page.getByRole('timer');
  await expect(timer).toHaveText(/^(30:00|2\d:[0-5]\d)$/);
  const shown = await timer.innerText();
  await expect(timer).not.toHaveText(shown);

  await page.getByTestId('wizard-card-token').selectOption('tok_ok');
  await page.getByTestId('wizard-submit').click();
  await expect(result).toHaveAttribute('data-status', 'OPEN');
  await expect(page.getByTestId('checkout-wizard')).toHaveAttribute('data-step', 'done');
  await expect(timer).toHaveCount(0);
});

test('after a timeout the state is asked first, and the card is offered again once it is known', async ({
  server,
  signIn,
}) => {
  const api = await Api.login(server, 'operator@budapest.demo');
  const { page } = await signIn('operator@budapest.demo');
  await page.goto(`${server.url}/rentals/new`);
  const result = await handIn(page, api, 'tok_timeout');
  await expect(result).toHaveAttribute('data-payment-status', 'PENDING');
  await expect(page.getByTestId('pay-check')).toBeVisible();
  await expect(page.getByTestId('wizard-submit')).toHaveCount(0);

  // The sandbox says later that the card was not charged; the page reads it by itself.
  await expect(result).toHaveAttribute('data-payment-status', 'DECLINED');
  await expect(page.getByTestId('pay-check')).toHaveCount(0);
  await expect.poll(() => offeredCards(page)).toContain('tok_timeout');

  // A second timeout, now of a payment: the other ways leave this card out.
  await page.getByTestId('wizard-card-token').selectOption('tok_timeout');
  await page.getByTestId('wizard-submit').click();
  await page.getByTestId('pay-other-way').click();
  await expect.poll(() => offeredCards(page)).toContain('tok_ok');
  expect(await offeredCards(page)).not.toContain('tok_timeout');
  // Asking for another payment asks the bank about the last one too.
  await page.getByTestId('wizard-method').selectOption('CASH');
  await page.getByTestId('wizard-submit').click();
  await expect(result).toHaveAttribute('data-status', 'OPEN');
});
