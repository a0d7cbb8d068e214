import { test, expect } from '@playwright/test';
import { resolve } from 'node:path';
import { Api } from '../harness/api.ts';
import { Server } from '../harness/server.ts';
import { signIn } from '../harness/test.ts';

// The picture at the top of README: the dashboard while it rings.
test('the picture of README', async ({ browser }) => {
  const server = await Server.start();
  const context = await browser.newContext({
    viewport: { width: 1360, height: 850 },
    colorScheme: 'light',
    locale: 'hu-HU',
  });
  const page = await context.newPage();
  await signIn(page, server, 'manager@budapest.demo');
  await expect(page.getByTestId('connection-status')).toHaveAttribute('data-status', 'connected');
  await page.waitForLoadState('networkidle');
  const api = await Api.login(server, 'operator@budapest.demo');
  const item = (await api.stock('&severity=OK')).find(
    (s) => s.productName.startsWith('Hilti') && s.criticalThreshold > 0,
  )!;
  await api.call('POST', '/inventory/adjustments', {
    productId: item.productId,
    locationId: item.locationId,
    delta: item.criticalThreshold - 1 - item.quantity,
    reason: 'kiadva',
  });
  const key = new Api(server, await server.apiKey('budapest'));
  await key.call(
    'POST',
    '/events',
    {
      specversion: '1.0',
      id: 'picture',
      source: '/picture',
      type: 'payment_error',
      datacontenttype: 'application/json',
      data: {
        transactionId: 't-1',
        errorCode: 'iso:54',
        errorMessage: 'Lejárt kártya',
        partnerId: 'p-1',
        partnerName: 'Alfa Építő Kft.',
        amount: 18900,
        currency: 'HUF',
      },
    },
    'application/cloudevents+json',
  );
  await expect(page.getByTestId('toast')).toHaveCount(2);
  await page.getByTestId('toast').last().hover(); // the clock stops, so that nothing fades
  await page.screenshot({ path: resolve(import.meta.dirname, '../../docs/dashboard.png'), animations: 'disabled' });
  await context.close();
  await server.stop();
});
