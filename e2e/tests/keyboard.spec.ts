import type { Locator, Page } from '@playwright/test';
import { Api } from '../harness/api.ts';
import { expect, expectToast, newPerson, test } from '../harness/test.ts';

/**
 * Presses Tab and waits for the focus to settle: windows and panels take the focus back in the next frame after it
 * reaches their edge.
 */
async function pressTab(page: Page): Promise<void> {
  await page.keyboard.press('Tab');
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

const hasFocus = (element: Locator) =>
  expect.poll(() => element.evaluate((each) => each.contains(document.activeElement))).toBe(true);

/** Presses Tab until the element has the focus, and checks that the focus can be seen there. */
async function tabTo(page: Page, target: Locator, most = 60): Promise<void> {
  await expect(target).toBeVisible();
  for (let presses = 0; presses < most; presses += 1) {
    await pressTab(page);
    if (await target.evaluate((element) => element === document.activeElement)) {
      await expectMark(target);
      return;
    }
  }
  throw new Error(`no Tab led to ${target.toString()}`);
}

/** An outline or a ring of its own, on the element or on the frame that stands for it. */
async function expectMark(target: Locator): Promise<void> {
  const marked = await target.evaluate((element) => {
    const shows = (each: Element | null): boolean => {
      if (each === null) return false;
      const style = getComputedStyle(each);
      return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
    };
    return shows(element) || shows(element.parentElement) || shows(element.nextElementSibling);
  });
  expect(marked, `the focus is seen on ${target.toString()}`).toBe(true);
}

const focused = (page: Page) => page.locator(':focus');

test('by keyboard: the login, the skip link, an alert claimed and given back, the stock silenced', async ({
  browser,
  server,
}) => {
  const person = await newPerson(browser, server);
  const { page } = person;
  await page.goto(server.url);
  await tabTo(page, page.locator('input[name="email"]'));
  await page.keyboard.type('manager@budapest.demo');
  await tabTo(page, page.locator('input[name="password"]'));
  await page.keyboard.type('harang-demo');
  await page.keyboard.press('Enter');
  await person.connected();

  // The first stop of a page leads past the menu.
  await page.reload();
  await person.connected();
  await page.keyboard.press('Tab');
  await expect(focused(page)).toHaveText('Ugrás a tartalomra');
  await page.keyboard.press('Enter');
  await expect(page.locator('main')).toBeFocused();

  const free = page
    .getByTestId('alert-row')
    .filter({ has: page.getByRole('button', { name: /^Intézem/ }) })
    .first();
  const alert = page.locator(
    `[data-testid="alert-row"][data-product-id="${await free.getAttribute('data-product-id')}"]`,
  );
  await tabTo(page, alert.getByRole('button', { name: /^Intézem/ }));
  await page.keyboard.press('Enter');
  await expect(alert).toContainText('Ön intézi');
  await expect(focused(page)).toHaveText('Elengedem');
  await page.keyboard.press('Enter');
  await expect(focused(page)).toHaveText('Intézem');

  // The window that asks for the day keeps the focus, gives it back, and closes with Escape.
  const order = alert.getByRole('button', { name: 'Megrendelve' });
  await tabTo(page, order);
  await page.keyboard.press('Enter');
  const asked = page.getByRole('dialog', { name: 'Mikorra várható?' });
  await expect(asked.locator('input')).toBeFocused();
  for (let presses = 0; presses < 8; presses += 1) {
    await pressTab(page);
    await hasFocus(asked);
  }
  await page.keyboard.press('Escape');
  await expect(asked).toBeHidden();
  await expect(order).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(asked.locator('input')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(asked).toBeHidden();
  await expect(page.getByTestId('alert-row').filter({ hasText: 'megrendelve' }).first()).toBeVisible();
  await expect(page.locator('body')).not.toBeFocused();
  await person.context.close();
});

test('by keyboard: the bell’s panel keeps the focus and gives it back; reading goes on in the row', async ({
  server,
  signIn,
}) => {
  const manager = await signIn('manager@budapest.demo');
  const { page } = manager;
  await new Api(server, await server.apiKey('budapest')).ring(3, 'billentyu');
  for (const n of [1, 2, 3]) await expectToast(page, `Próba billentyu ${n}`);
  const bell = page.getByTestId('notification-bell');
  await bell.focus();
  await page.keyboard.press('Enter');
  const panel = page.getByTestId('notification-panel');
  await expect(panel.getByTestId('notification-item').first()).toBeVisible();
  const row = panel.getByTestId('notification-item').filter({ hasText: 'Próba billentyu 2' });
  await tabTo(page, row.getByRole('button', { name: /^Olvasottnak jelölöm/ }));
  await page.keyboard.press('Enter');
  await expect(row).not.toHaveAttribute('data-unread');
  await expect(row).toBeFocused();
  await tabTo(page, panel.getByRole('button', { name: 'Mind olvasott' }), 200);
  await page.keyboard.press('Enter');
  await expect(panel.getByRole('button', { name: 'Mind olvasott' })).toBeHidden();
  await hasFocus(panel);
  await page.keyboard.press('Escape');
  await expect(panel).toBeHidden();
  await expect(bell).toBeFocused();
});

test('by keyboard: a whole checkout', async ({ server, signIn }) => {
  const operator = await signIn('operator@budapest.demo');
  const { page } = operator;
  const api = await Api.login(server, 'operator@budapest.demo');
  const partner = (await api.call<{ items: { name: string }[] }>('GET', '/partners?limit=1')).items[0]!;
  const item = (await api.stock('&severity=OK')).find((each) => each.quantity > each.warningThreshold + 2)!;
  await operator.go('/rentals');
  await tabTo(page, page.getByRole('link', { name: 'Új bérlés' }));
  await page.keyboard.press('Enter');
  const wizard = page.getByTestId('checkout-wizard');
  await expect(page.getByTestId('wizard-partner')).toBeFocused();
  await page.keyboard.type(partner.name);
  await expect(page.getByRole('option', { name: partner.name })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('wizard-partner')).toHaveValue(partner.name);
  await tabTo(page, page.getByTestId('wizard-next'));
  await page.keyboard.press('Enter');
  await expect(wizard).toHaveAttribute('data-step', 'items');
  // The shop has several places, and none was chosen in this browser yet.
  const place = page.getByTestId('wizard-location');
  await expect(place).toBeFocused();
  while ((await place.inputValue()) !== item.locationId) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('wizard-product-search')).toBeFocused();
  await page.keyboard.type(item.productName);
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('wizard-line')).toHaveCount(1);
  await tabTo(page, page.getByTestId('wizard-quantity'), 200);
  await page.keyboard.press('ArrowUp');
  await expect(page.getByTestId('wizard-quantity')).toHaveValue('2');
  await page.keyboard.press('Enter');
  await expect(wizard).toHaveAttribute('data-step', 'pay');
  await expect(page.getByTestId('wizard-method')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByTestId('wizard-method')).toHaveValue('CASH');
  await tabTo(page, page.getByTestId('wizard-submit'));
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('wizard-result')).toHaveAttribute('data-status', 'OPEN');
  await expect(page.getByTestId('wizard-result').getByRole('heading')).toBeFocused();
  await tabTo(page, page.getByRole('button', { name: 'Még egy bérlés' }));
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('wizard-partner')).toBeFocused();
});

test('by keyboard: stock corrected, a rental taken back, a user added and disabled', async ({ signIn }) => {
  const admin = await signIn('admin@budapest.demo');
  const { page } = admin;
  await admin.go('/stock');
  const row = page.getByTestId('stock-row').first();
  const before = Number(await row.getByTestId('stock-quantity').textContent());
  await tabTo(page, row.getByTestId('stock-delta'));
  await page.keyboard.type('1');
  await page.keyboard.press('Enter');
  // Why there are more is asked.
  await expect(row.getByTestId('stock-reason')).toBeFocused();
  await page.keyboard.type('Beérkezés');
  await page.keyboard.press('Enter');
  await expect(row.getByTestId('stock-quantity')).toHaveText(String(before + 1));
  await expect(page.locator('body')).not.toBeFocused();

  await admin.go('/rentals?status=OPEN');
  const rental = page.getByTestId('rental-row').first();
  const id = await rental.getAttribute('data-rental-id');
  await tabTo(page, rental.getByRole('button', { name: /^Visszavétel/ }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog').getByRole('button', { name: 'Visszavétel' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator(`[data-rental-id="${id}"]`)).toHaveCount(0);
  await expect(page.locator('body')).not.toBeFocused();

  await admin.go('/users');
  const add = page.getByRole('button', { name: 'Új felhasználó' });
  await tabTo(page, add);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByLabel('Név')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(add).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(dialog.getByLabel('Név')).toBeFocused();
  await page.keyboard.type('Tóth Béla');
  await tabTo(page, dialog.getByLabel('E-mail-cím'));
  await page.keyboard.type('bela@budapest.demo');
  await page.keyboard.press('Enter');
  await expect(dialog.getByTestId('secret')).toBeVisible();
  await hasFocus(dialog);
  await tabTo(page, dialog.getByRole('button', { name: 'Felírtam' }));
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(add).toBeFocused();
  const user = page.getByTestId('user-row').filter({ hasText: 'Tóth Béla' });
  await tabTo(page, user.getByRole('button', { name: /Letiltás/ }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog').getByRole('button', { name: 'Letiltás' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(user).toContainText('Letiltva');
  await expect(page.locator('body')).not.toBeFocused();
});
