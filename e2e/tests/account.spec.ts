import type { Page } from '@playwright/test';
import { Api } from '../harness/api.ts';
import { expect, expectToast, newPerson, signIn, test } from '../harness/test.ts';

const manager = 'manager@budapest.demo';

async function enterPasswords(page: Page, current: string, next: string): Promise<void> {
  await page.locator('input[name="currentPassword"]').fill(current);
  await page.locator('input[name="newPassword"]').fill(next);
  await page
    .locator('form', { has: page.locator('input[name="newPassword"]') })
    .locator('[type="submit"]')
    .click();
}

test('a lost phone is signed out from another device, and lands at the sign-in form', async ({
  signIn: enter,
  server,
}) => {
  const desk = await enter(manager);
  const phone = await enter(manager);
  await expectToast(desk.page, 'Új bejelentkezés', 'warning');
  await phone.go('/stock');
  await desk.go('/account');
  const rows = desk.page.getByTestId('session-row');
  await expect(rows).toHaveCount(2);
  await expect(rows.first()).toContainText('Ez az eszköz');
  const other = desk.page.locator('[data-testid="session-row"]:not([data-current])');
  await expect(other).toContainText('Új');
  await other.getByRole('button', { name: /^Kiléptetés/ }).click();
  await desk.page.getByRole('dialog').getByRole('button', { name: 'Kiléptetés' }).click();
  await expect(phone.page).toHaveURL(`${server.url}/login?redirect=%2Fstock`);
  await expect(phone.page.getByText('A munkamenet véget ért. Lépjen be újra.')).toBeVisible();
  await expect(rows).toHaveCount(1);
  await expect(desk.page.getByText('Máshol most nincs bejelentkezve.')).toBeVisible();
  await desk.connected();
});

test('a changed password ends every other session and keeps this one', async ({ browser, signIn: enter, server }) => {
  const desk = await enter(manager);
  const phone = await enter(manager);
  await desk.go('/account');
  await enterPasswords(desk.page, 'harang-demo', 'harang-demo');
  await expect(desk.page.getByText('Ez a mostani jelszava. Válasszon másikat.')).toBeVisible();
  await enterPasswords(desk.page, 'harang-dem0', 'három kék csavar');
  await expect(desk.page.getByText('Nem ez a mostani jelszava.')).toBeVisible();
  await enterPasswords(desk.page, 'harang-demo', 'password123');
  await expect(desk.page.getByText('Ezt könnyű kitalálni')).toBeVisible();
  await enterPasswords(desk.page, 'harang-demo', 'három kék csavar');
  await expect(desk.page.getByTestId('password-changed')).toBeVisible();
  await expect(phone.page).toHaveURL(/\/login/);
  await desk.connected();
  const later = await newPerson(browser, server);
  await signIn(later.page, server, manager, 'három kék csavar');
  await later.connected();
  await later.context.close();
});

test('a password set by an administrator is changed at the first sign-in, before anything else', async ({
  browser,
  signIn: enter,
  server,
}) => {
  const admin = await enter('admin@budapest.demo');
  await admin.go('/users');
  const row = admin.page.getByTestId('user-row').filter({ hasText: 'operator@budapest.demo' });
  await row.getByRole('button', { name: /^Új jelszó/ }).click();
  const form = admin.page.getByRole('dialog');
  await form.locator('input[name="password"]').fill('pultos jelszava');
  await form.getByRole('button', { name: 'Mentés' }).click();
  await expect(admin.page.getByTestId('secret')).toHaveText('pultos jelszava');

  const operator = await newPerson(browser, server);
  const calls: string[] = [];
  const sockets: string[] = [];
  operator.page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith('/api/')) calls.push(`${request.method()} ${pathname}`);
    if (pathname.startsWith('/socket.io/')) sockets.push(pathname);
  });
  operator.page.on('websocket', (socket) => sockets.push(socket.url()));
  await operator.page.goto(`${server.url}/stock`);
  await expect(operator.page).toHaveURL(/\/login/);
  calls.length = 0;
  await operator.page.locator('input[name="email"]').fill('operator@budapest.demo');
  await operator.page.locator('input[name="password"]').fill('pultos jelszava');
  await operator.page.locator('button[type="submit"]').click();
  await expect(operator.page.getByRole('heading', { level: 1 })).toHaveText('Új jelszó kell');
  await operator.page.reload();
  await expect(operator.page.getByRole('heading', { level: 1 })).toHaveText('Új jelszó kell');
  expect(calls.filter((each) => !each.startsWith('POST /api/v1/auth/'))).toEqual([]);
  expect(sockets).toEqual([]);
  await enterPasswords(operator.page, 'pultos jelszava', 'csak én tudom ezt');
  await expect(operator.page).toHaveURL(`${server.url}/stock`);
  await expect(operator.page.getByTestId('stock-row').first()).toBeVisible();
  await operator.connected();
  await operator.context.close();
});

test('a write that needs the password again asks for it, keeps what was typed, and is then made', async ({
  signIn: enter,
  server,
}) => {
  const { page } = await enter('admin@budapest.demo');
  // As if the last proof were five minutes old; the confirmation and the writes after it are the server's.
  let asked = 0;
  await page.route('**/api/v1/admin/users', async (route) => {
    if (route.request().method() !== 'POST' || (asked += 1) > 2) return route.continue();
    return route.fulfill({
      status: 403,
      contentType: 'application/problem+json',
      body: JSON.stringify({ status: 403, code: 'REAUTHENTICATION_REQUIRED', title: 'Forbidden' }),
    });
  });
  await page.goto(`${server.url}/users`);
  await page.getByRole('button', { name: 'Új felhasználó' }).click();
  const form = page.getByRole('dialog', { name: 'Új felhasználó' });
  await form.locator('input[name="name"]').fill('Nagy Pál');
  await form.locator('input[name="email"]').fill('pal@budapest.demo');
  await form.getByRole('button', { name: 'Felvétel' }).click();
  const dialog = page.getByRole('dialog', { name: 'Adja meg a jelszavát' });
  const password = dialog.locator('input[name="password"]');
  await expect(password).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(form.locator('input[name="name"]')).toHaveValue('Nagy Pál');

  await form.getByRole('button', { name: 'Felvétel' }).click();
  await expect(password).toBeFocused();
  await page.keyboard.type('harang-dem0');
  await page.keyboard.press('Enter');
  await expect(dialog.getByText('Nem ez a jelszava.')).toBeVisible();
  await expect(password).toBeFocused();
  await page.keyboard.type('harang-demo');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('secret')).toBeVisible();
  await expect(dialog).toBeHidden();
  expect(asked).toBe(3);
  const api = await Api.login(server, 'admin@budapest.demo');
  const { items } = await api.call<{ items: { email: string }[] }>('GET', '/admin/users?limit=200');
  expect(items.map(({ email }) => email)).toContain('pal@budapest.demo');
});

test('on a phone the chosen tab of the settings is in sight', async ({ signIn: enter, server }) => {
  const { page } = await enter('admin@budapest.demo');
  await page.setViewportSize({ width: 390, height: 844 });
  for (const path of ['/users', '/audit']) {
    await page.goto(server.url + path);
    const tab = page.getByRole('navigation', { name: 'Beállítások' }).locator('[aria-current="page"]');
    await expect(tab).toBeInViewport({ ratio: 1 });
  }
});
