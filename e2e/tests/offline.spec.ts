import { Api } from '../harness/api.ts';
import { closeToasts, expect, expectOnlyToasts, test } from '../harness/test.ts';

test('three events while away: connected, one digest of 3, no toast, list and badge right', async ({
  server,
  signIn,
}) => {
  const manager = await signIn('manager@budapest.demo');
  const before = await manager.badge();
  const api = await Api.login(server, 'operator@budapest.demo');
  const items = (await api.stock('&severity=OK')).filter((s) => s.criticalThreshold > 0).slice(0, 3);

  await manager.context.setOffline(true);
  await expect(manager.status()).toHaveAttribute('data-status', 'disconnected');
  for (const item of items) {
    await api.call('POST', '/inventory/adjustments', {
      productId: item.productId,
      locationId: item.locationId,
      delta: item.criticalThreshold - 1 - item.quantity,
      reason: 'leltár',
    });
  }
  await manager.context.setOffline(false);

  await manager.connected();
  await expect(manager.digest()).toHaveAttribute('data-count', '3');
  await expectOnlyToasts(manager.page, []);
  for (const item of items) {
    await expect(
      manager.page
        .getByTestId('stock-alert-list')
        .getByTestId('alert-row')
        .filter({ hasText: item.productName })
        .first(),
    ).toBeVisible();
  }
  await expect.poll(() => manager.badge()).toBe(before + 3);
});

test('sixty events while away: digest of 50 and a gap of 10, told', async ({ server, signIn }) => {
  const manager = await signIn('manager@budapest.demo');
  const before = await manager.badge();
  const key = new Api(server, await server.apiKey('budapest'));
  // A first event gives the client a place in the feed to come back to.
  await key.ring(1, 'elotte');
  await expectOnlyToasts(manager.page, ['Próba elotte 1']);
  await closeToasts(manager.page);

  await manager.context.setOffline(true);
  await expect(manager.status()).toHaveAttribute('data-status', 'disconnected');
  await key.ring(60, 'kozben');
  await manager.context.setOffline(false);

  await manager.connected();
  await expect(manager.digest()).toHaveAttribute('data-count', '50');
  await expect(manager.gap()).toContainText('10');
  await expectOnlyToasts(manager.page, ['Próba elotte 1']);
  await expect.poll(() => manager.badge()).toBe(before + 61);
  await manager.page.getByTestId('notification-bell').click();
  await expect(manager.page.getByTestId('notification-panel').getByTestId('notification-item').first()).toContainText(
    'Próba kozben 60',
  );
});

test('role changed while away: judged anew', async ({ server, signIn }) => {
  const manager = await signIn('manager@budapest.demo');
  await manager.context.setOffline(true);
  await expect(manager.status()).toHaveAttribute('data-status', 'disconnected');
  await server.command('user', 'set', 'manager@budapest.demo', '--role', 'OPERATOR');
  await manager.context.setOffline(false);
  await manager.connected();
  const key = new Api(server, await server.apiKey('budapest'));
  await key.call(
    'POST',
    '/events',
    {
      specversion: '1.0',
      id: 'r-1',
      source: '/e2e',
      type: 'rental_created',
      datacontenttype: 'application/json',
      data: {
        rentalId: 'r-1',
        partnerId: 'p',
        partnerName: 'Titok Kft.',
        equipmentCount: 1,
        totalValue: 1000,
        currency: 'HUF',
      },
    },
    'application/cloudevents+json',
  );
  await key.ring(1, 'utana'); // arrives after the rental, which an operator must not hear
  await expectOnlyToasts(manager.page, ['Próba utana 1']);
});

test('a disabled user is out at once', async ({ server, signIn }) => {
  const operator = await signIn('operator@budapest.demo');
  await server.command('user', 'disable', 'operator@budapest.demo');
  await expect(operator.page).toHaveURL(/\/login/);
});
