import { Api } from '../harness/api.ts';
import { expect, newPerson, signIn, test } from '../harness/test.ts';

test('connects by itself after login and says so', async ({ signIn }) => {
  const manager = await signIn('manager@budapest.demo');
  await expect(manager.status()).toHaveAttribute('title', 'WebSocket: Csatlakozva');
  await expect(manager.page.getByTestId('stock-alert-list')).toBeVisible();
});

test('a reload keeps the login and connects again', async ({ signIn }) => {
  const manager = await signIn('manager@budapest.demo');
  await manager.page.reload();
  await manager.connected();
});

test('a wrong password is told and nothing opens', async ({ browser, server }) => {
  const nobody = await newPerson(browser, server);
  await signIn(nobody.page, server, 'manager@budapest.demo', 'wrong-password');
  await expect(nobody.page.getByRole('alert')).toBeVisible();
  await expect(nobody.page).toHaveURL(/\/login/);
  await nobody.context.close();
});

test('network cut and back: reconnecting by itself', async ({ signIn }) => {
  const manager = await signIn('manager@budapest.demo');
  await manager.context.setOffline(true);
  await expect(manager.status()).toHaveAttribute('data-status', 'disconnected');
  await expect(manager.status()).toHaveAttribute('title', 'Offline');
  await manager.context.setOffline(false);
  await manager.connected();
});

test('server restart: every page comes back by itself', async ({ server, signIn }) => {
  const manager = await signIn('manager@budapest.demo');
  await server.end('SIGKILL');
  await expect(manager.status()).toHaveAttribute('data-status', 'reconnecting');
  await expect(manager.status()).toHaveAttribute('title', 'Újracsatlakozás...');
  await server.serve();
  await expect(manager.status()).toHaveAttribute('data-status', 'connected');
});

test('logout ends the connection, on every tab of that login, and needs a new login', async ({ signIn }) => {
  const manager = await signIn('manager@budapest.demo');
  const second = await manager.context.newPage();
  await second.goto(manager.page.url());
  await expect(second.getByTestId('connection-status')).toHaveAttribute('data-status', 'connected');
  if (!(await manager.page.getByTestId('logout').isVisible())) {
    await manager.page.getByTestId('user-menu').click();
  }
  await manager.page.getByTestId('logout').click();
  await expect(manager.page).toHaveURL(/\/login/);
  await expect(second).toHaveURL(/\/login/);
  await manager.page.goto(manager.page.url().replace(/\/login.*/, '/stock'));
  await expect(manager.page).toHaveURL(/\/login/);
});

test('on a phone no page is wider than the screen', async ({ browser, server }) => {
  // Nor with a name that cannot be broken between words.
  const { productId } = (await (await Api.login(server, 'operator@budapest.demo')).stock('&severity=CRITICAL'))[0]!;
  const admin = await Api.login(server, 'admin@budapest.demo');
  await admin.call('PUT', `/products/${productId}`, { name: 'W'.repeat(200), dailyPrice: 4900 });
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  await signIn(page, server, 'manager@budapest.demo');
  await expect(page.getByTestId('connection-status')).toHaveAttribute('data-status', 'connected');
  for (const path of [
    '/',
    '/stock',
    '/rentals',
    '/rentals/new',
    '/payments',
    '/payments/closing?from=2026-01-01&to=2099-01-01',
    '/notifications',
    '/partners',
    '/products',
    '/locations',
    '/products/import',
    '/check',
  ]) {
    for (const width of [320, 768]) {
      // 320: what is left of 1280 at 400 %
      await page.setViewportSize({ width, height: 844 });
      await page.goto(server.url + path);
      await expect(page.getByTestId('connection-status')).toHaveAttribute('data-status', 'connected');
      await page.waitForLoadState('networkidle');
      // What stands inside something that scrolls by itself may be wider.
      const wide = await page.evaluate(() => {
        const scrolls = (e: Element | null): boolean =>
          e !== null &&
          e !== document.body &&
          (/auto|scroll/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
        return [...document.querySelectorAll('main *')]
          .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !scrolls(e))
          .map((e) => `${e.tagName} ${e.className}`)
          .slice(0, 3);
      });
      expect(wide, `${path} at ${width}`).toEqual([]);
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(beyond, `${path} at ${width}`).toBe(0);
    }
  }
  await context.close();
});
