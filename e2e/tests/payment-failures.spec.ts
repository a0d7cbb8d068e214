import { Api } from '../harness/api.ts';
import { expect, shownToasts, signIn, test } from '../harness/test.ts';

test('another program’s payment error stands on the manager’s dashboard at once, and who takes it is seen by the others', async ({
  server,
  signIn: enter,
}) => {
  const manager = await enter('manager@budapest.demo');
  const admin = await enter('admin@budapest.demo');
  const rows = manager.page.getByTestId('payment-failures').getByTestId('failure-row');
  await expect(rows).not.toHaveCount(0);
  const before = await rows.count();
  const erp = new Api(server, await server.apiKey('budapest'));
  await erp.sendPaymentError('a', 18_900);
  const row = manager.page.getByTestId('failure-row').and(manager.page.locator('[data-transaction-id="erp-1"]'));
  await expect(row).toContainText('A kártya lejárt');
  await expect(row).toContainText('kérjen másik kártyát');
  await expect(row).toContainText('másik program jelezte');
  // The same transaction told again is one row still.
  await erp.sendPaymentError('b', 18_900);
  await expect.poll(() => shownToasts(manager.page)).toHaveLength(2);
  await expect(row).toHaveCount(1);
  await expect(rows).toHaveCount(before + 1);

  await row.getByRole('button', { name: /^Intézem/ }).click();
  await expect(row).toContainText('Ön intézi');
  const there = admin.page.getByTestId('failure-row').and(admin.page.locator('[data-transaction-id="erp-1"]'));
  await expect(there).toContainText('Nagy Péter intézi');
  await manager.page.reload();
  await manager.connected();
  await expect(row).toContainText('Ön intézi');
});

test('a browser of another zone shows the shop’s days and times', async ({ browser, server }) => {
  const context = await browser.newContext({ timezoneId: 'Pacific/Auckland' });
  const page = await context.newPage();
  await signIn(page, server, 'manager@budapest.demo');
  await expect(page.getByTestId('connection-status')).toHaveAttribute('data-status', 'connected');
  await page.goto(`${server.url}/payments`);
  const first = page.getByTestId('payment-row').first();
  await expect(first).toBeVisible();
  const api = await Api.login(server, 'manager@budapest.demo');
  const [payment] = (await api.call<{ items: { createdAt: string }[] }>('GET', '/payments?limit=1')).items;
  const time = new Intl.DateTimeFormat('hu-HU', {
    timeZone: 'Europe/Budapest',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(new Date(payment!.createdAt));
  await expect(first).toContainText(time);
  await context.close();
});
