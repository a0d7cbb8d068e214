import AxeBuilder from '@axe-core/playwright';
import { Api } from '../harness/api.ts';
import { expect, expectOnlyToasts, test } from '../harness/test.ts';

test('self-check: a test alert reaches this person on every screen, and nobody else', async ({ server, signIn }) => {
  const clerk = await signIn('operator@budapest.demo');
  const others = [await signIn('manager@budapest.demo'), await signIn('operator@debrecen.demo')];
  const desk = await signIn('operator@budapest.demo');
  const badge = await clerk.badge();
  await clerk.page.getByRole('button', { name: /Felhasználói menü/ }).click();
  await clerk.page.getByTestId('self-check-link').click();
  await expect(clerk.page.getByTestId('self-check')).toBeVisible();
  await clerk.page.getByTestId('test-alert').click();
  // The first screen was told of the second one's sign-in before.
  await expectOnlyToasts(clerk.page, ['Új bejelentkezés', 'Próbariasztás']);
  await expectOnlyToasts(desk.page, ['Próbariasztás'], 'success');
  const result = clerk.page.getByTestId('test-alert-result');
  await expect(result).toHaveAttribute('data-state', 'arrived');
  const way = (await result.getByRole('listitem').allTextContents()).map((text) =>
    Number(/(\d+)\sms$/.exec(text)?.[1]),
  );
  expect(way).toHaveLength(4);
  expect(way[0]).toBe(0);
  expect([...way].sort((a, b) => a - b)).toEqual(way);
  expect(way[3]).toBeLessThan(1000);

  // Whatever comes after it on their connections would have come after the alert.
  await new Api(server, await server.apiKey('budapest')).ring(1, 'utana');
  await new Api(server, await server.apiKey('debrecen')).ring(1, 'utana');
  for (const other of others) {
    await expectOnlyToasts(other.page, ['Próba utana 1'], 'warning');
  }
  await expect.poll(() => clerk.badge()).toBe(badge + 1); // the event's, not the alert's
  const listed = await (await Api.login(server, 'operator@budapest.demo')).notifications();
  expect(listed.map(({ type }) => type)).not.toContain('test_alert');
});

test('self-check: every row is all right, in both languages, and can be copied', async ({ signIn }) => {
  const admin = await signIn('admin@budapest.demo');
  await admin.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await admin.go('/check');
  const check = admin.page.getByTestId('self-check');
  await expect(check).toHaveAttribute('data-state', 'ok');
  await expect(admin.page.locator('[data-check="isolation"]')).toContainText(/kézbesítés ellenőrizve, 0 átlépés/);
  await expect(admin.page.locator('[data-check="isolation"]')).toContainText(/1 kör/);
  await expect(admin.page.locator('[data-check="connection"]')).toContainText('WebSocket');
  await expect(admin.page.locator('[data-check="clock"]')).toContainText('oda-vissza');
  expect((await new AxeBuilder({ page: admin.page }).withTags(['wcag2a', 'wcag2aa']).analyze()).violations).toEqual([]);
  await admin.page.getByTestId('self-check-copy').click();
  await expect(admin.page.getByText('Vágólapra másolva')).toBeVisible();
  const report = await admin.page.evaluate(() => navigator.clipboard.readText());
  expect(report).toContain('[Rendben] Kapcsolat: Csatlakozva');
  expect(report).not.toMatch(/eyJ/); // no token
  await admin.page.getByRole('button', { name: /Felhasználói menü/ }).click();
  await admin.page.getByRole('menuitemradio', { name: 'English' }).click();
  await expect(admin.page.locator('[data-check="isolation"]')).toContainText(/deliveries checked, 0 crossings/);
});

test('self-check: with the server gone it says so, and is all right again by itself', async ({ server, signIn }) => {
  const clerk = await signIn('operator@budapest.demo');
  await clerk.go('/check');
  const check = clerk.page.getByTestId('self-check');
  await expect(check).toHaveAttribute('data-state', 'ok');
  await server.end('SIGKILL');
  await clerk.page.getByTestId('test-alert').click();
  await expect(clerk.page.getByTestId('test-alert-result')).toHaveAttribute('data-state', 'failed');
  await expect(clerk.page.locator('[data-check="connection"]')).toHaveAttribute('data-state', /warn|bad/);
  await expect(check).toHaveAttribute('data-state', 'bad'); // the server is asked every 15 s
  await server.serve();
  await clerk.page.getByTestId('reconnect-now').click();
  await clerk.connected();
  await clerk.page.getByRole('button', { name: 'Újramérés' }).click();
  await expect(check).toHaveAttribute('data-state', 'ok');
});

test('an administrator sees the way of an event, and is told when nobody knows it any more', async ({
  server,
  signIn,
}) => {
  const admin = await signIn('admin@budapest.demo');
  const manager = await signIn('manager@budapest.demo');
  await new Api(server, await server.apiKey('budapest')).ring(1, 'utja');
  await expectOnlyToasts(admin.page, ['Próba utja 1']);
  const item = admin.page.getByTestId('notification-item').filter({ hasText: 'Próba utja 1' });
  await admin.page.getByTestId('notification-bell').click();
  await item.getByTestId('journey-toggle').click();
  const steps = item.getByTestId('journey').getByRole('listitem');
  await expect(steps).toHaveText([
    /Véglegesítve.*0\sms$/,
    /Továbbítva\d+\sms$/,
    /Elküldve2 kapcsolatra\d+\sms$/,
    /Képernyőn látták.*\d+\sms$/,
  ]);
  await server.end('SIGTERM');
  await server.serve();
  await admin.go('/notifications');
  await item.getByTestId('journey-toggle').click();
  await expect(item.getByTestId('journey-gone')).toContainText('azóta újraindult');
  await manager.page.goto(`${server.url}/notifications`);
  await expect(manager.page.getByTestId('notification-item').first()).toBeVisible();
  await expect(manager.page.getByTestId('journey-toggle')).toHaveCount(0);
});
