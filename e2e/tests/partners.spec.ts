import type { Page } from '@playwright/test';
import { Api } from '../harness/api.ts';
import { expect, test } from '../harness/test.ts';

/** The keyboard of somebody who counts. */
function countedKeys(page: Page) {
  let presses = 0;
  return {
    press: async (key: string) => {
      presses += 1;
      await page.keyboard.press(key);
    },
    type: async (text: string) => {
      for (const letter of text) {
        presses += 1;
        await page.keyboard.press(letter);
      }
    },
    count: () => presses,
  };
}

test('a regular’s rental takes twelve key presses at most, and no mouse', async ({ server, signIn }) => {
  const operator = await signIn('operator@budapest.demo');
  const { page } = operator;
  const api = await Api.login(server, 'operator@budapest.demo');
  const item = (await api.stock('&severity=OK&locationId=vaci-ut&search=hilti')).find(({ quantity }) => quantity > 0)!;
  await page.evaluate(() => localStorage.setItem('harang-place', 'vaci-ut')); // this counter's place filter
  await operator.go('/rentals/new');
  const wizard = page.getByTestId('checkout-wizard');
  const keys = countedKeys(page);
  await expect(page.getByTestId('wizard-partner')).toBeFocused();
  await keys.type('gom');
  await expect(page.getByRole('option', { name: 'Gombos Tamás e.v.' })).toBeVisible();
  await keys.press('Enter');
  await expect(page.getByTestId('wizard-partner')).toHaveValue('Gombos Tamás e.v.');
  await keys.press('Enter');
  const search = page.getByTestId('wizard-product-search');
  await expect(search).toBeFocused();
  await keys.type('hil');
  await keys.press('Enter');
  await expect(page.getByTestId('wizard-line')).toHaveCount(1);
  const entered = await page.evaluate(() => performance.now());
  await page.waitForFunction((at) => performance.now() - at > 150, entered); // sooner it is a scanner's second Enter
  await keys.press('Enter');
  await expect(wizard).toHaveAttribute('data-step', 'pay');
  await expect(page.getByTestId('wizard-method')).toBeFocused();
  await expect(page.getByTestId('wizard-card-token')).toBeVisible();
  const chosen = page.getByTestId('wizard-pay-lines');
  await expect(chosen).toContainText(item.productName.split(' ')[0]!);
  await keys.press('Enter');
  await expect(page.getByTestId('wizard-result')).toHaveAttribute('data-status', 'OPEN');
  expect(keys.count()).toBeLessThanOrEqual(12);
  await expect(page.getByTestId('wizard-result')).toContainText('Gombos Tamás e.v.');
});

test('a new customer is added in the checkout; who has the number already is offered instead', async ({
  server,
  signIn,
}) => {
  const operator = await signIn('operator@budapest.demo');
  const { page } = operator;
  const api = await Api.login(server, 'operator@budapest.demo');
  await operator.go('/rentals/new');
  await page.getByTestId('wizard-partner').fill('Kiss Piroska');
  await page.getByRole('option', { name: 'Új partner felvétele' }).click();
  const dialog = page.getByRole('dialog', { name: 'Új partner' });
  await expect(dialog.getByLabel('Név')).toHaveValue('Kiss Piroska');
  await dialog.getByLabel('Telefon').fill('30/555-0110'); // Széles Anna's, otherwise written
  await expect(dialog.getByTestId('same-phone')).toContainText('Széles Anna');
  await dialog.getByLabel('Telefon').fill('06 30 555 9911');
  await expect(dialog.getByTestId('same-phone')).toHaveCount(0);
  await dialog.getByRole('button', { name: 'Mentés' }).click();
  await expect(page.getByTestId('checkout-wizard')).toHaveAttribute('data-step', 'items');
  await expect(dialog).toBeHidden();
  const { items } = await api.call<{ items: { name: string; phone: string }[] }>(
    'GET',
    '/partners?phone=%2B36305559911',
  );
  expect(items.map(({ name }) => name)).toEqual(['Kiss Piroska']);

  // The next clerk types the number alone.
  await operator.go('/partners');
  await page.getByRole('searchbox').fill('+36 30 555 99');
  await expect(page.getByTestId('partner-row')).toHaveCount(1);
  await page.getByTestId('partner-row').getByRole('link').click();
  await expect(page.getByRole('heading', { name: 'Kiss Piroska' })).toBeVisible();
  await page.getByRole('button', { name: /^Szerkesztés/ }).click();
  await page.getByLabel('Megjegyzés').fill('csak délután\nhívható');
  await page.getByRole('button', { name: 'Mentés' }).click();
  await expect(page.getByTestId('partner-note')).toHaveText('csak délután\nhívható');
});

test('what was begun is still there after the session ended, and gone after signing out', async ({
  server,
  signIn,
}) => {
  const operator = await signIn('operator@budapest.demo');
  const { page } = operator;
  await operator.go('/rentals/new');
  await page.getByTestId('wizard-partner').fill('Gombos');
  await page.getByRole('option', { name: 'Gombos Tamás e.v.' }).click();
  await expect(page.getByTestId('wizard-partner')).toHaveValue('Gombos Tamás e.v.');
  const user = await (await Api.login(server, 'operator@budapest.demo')).call<{ id: string }>('GET', '/me');
  const admin = await Api.login(server, 'admin@budapest.demo');
  await admin.call('PATCH', `/admin/users/${user.id}`, { disabled: true });
  await expect(page).toHaveURL(/\/login/);
  await admin.call('PATCH', `/admin/users/${user.id}`, { disabled: false });
  const enter = async () => {
    await page.locator('input[name="email"]').fill('operator@budapest.demo');
    await page.locator('input[name="password"]').fill('harang-demo');
    await page.locator('button[type="submit"]').click();
  };
  await enter();
  await expect(page.getByTestId('connection-status')).toBeVisible();
  await operator.go('/rentals/new');
  await expect(page.getByTestId('wizard-partner')).toHaveValue('Gombos Tamás e.v.');
  await page.getByTestId('logout').first().click();
  await expect(page).toHaveURL(/\/login/);
  await enter();
  await expect(page.getByTestId('connection-status')).toBeVisible();
  await operator.go('/rentals/new');
  await expect(page.getByTestId('wizard-partner')).toHaveValue('');
});
