import { Api } from '../harness/api.ts';
import { goods, rent } from '../harness/rentals.ts';
import { expect, test, type Person } from '../harness/test.ts';

const forints = (amount: number) => new RegExp(`${amount.toLocaleString('hu-HU', { useGrouping: 'always' })}\\sFt`);

test('a rental and a declined card are at their location only: live list, tile, failed payments and money at risk', async ({
  server,
  signIn,
}) => {
  const api = await Api.login(server, 'admin@budapest.demo');
  const item = await goods(api, 4321);
  const { items: locations } = await api.call<{ items: { id: string }[] }>('GET', '/locations');
  const other = locations.find(({ id }) => id !== item.location.id)!.id;
  const here = await signIn('admin@budapest.demo');
  const there = await signIn('manager@budapest.demo');
  const at = async (person: Person, location: string, path: string) => {
    await person.go(path);
    const filter = person.page.getByLabel('Telephely', { exact: true });
    const listed = person.page.waitForResponse((response) => response.url().includes(`locationId=${location}`));
    await filter.selectOption(location);
    await listed;
  };
  const row = (person: Person, eventId: string) =>
    person.page.locator(`[data-testid="notification-item"][data-event-id="${eventId}"]`);
  await at(here, item.location.id, '/notifications');
  await at(there, other, '/notifications');

  const opened = await rent(api, item, { quantity: 1, days: 1, payment: { method: 'CASH' } });
  const refused = await rent(api, item, {
    quantity: 1,
    days: 1,
    payment: { method: 'CARD', cardToken: 'tok_insufficient_funds' },
  });
  const { items: failures } = await api.call<{ items: { transactionId: string; rentalId: string; eventId: string }[] }>(
    'GET',
    '/payments/failures',
  );
  const failure = failures.find(({ rentalId }) => rentalId === refused.id)!;
  const created = (await api.notifications()).find(({ data }) => data.rentalId === opened.id)!;
  // Of a payment that is unknown here: it is at every location, and comes after the others.
  const erp = new Api(server, await server.apiKey('budapest'));
  const unknown = await erp.sendPaymentError('unknown', 777);

  for (const person of [here, there]) await expect(row(person, unknown)).toHaveCount(1);
  for (const event of [created.eventId, failure.eventId]) {
    await expect(row(here, event)).toHaveCount(1);
    await expect(row(there, event)).toHaveCount(0);
  }

  for (const [person, location, listed] of [
    [here, item.location.id, 1],
    [there, other, 0],
  ] as const) {
    const unread = await api.call<{ locationUnreadCount: number }>('GET', `/notifications?locationId=${location}`);
    if (person === here)
      await expect(person.page.getByText(`${unread.locationUnreadCount} olvasatlan`, { exact: true })).toBeVisible();
    const summary = await api.call<{ failedPayments: number; failedAmount: number }>(
      'GET',
      `/dashboard/summary?locationId=${location}`,
    );
    await person.go('/');
    const widget = person.page.getByTestId('payment-failures');
    await expect(widget.locator('[data-transaction-id="erp-1"]')).toHaveCount(1);
    await expect(widget.locator(`[data-transaction-id="${failure.transactionId}"]`)).toHaveCount(listed);
    const tile = person.page.getByRole('listitem').filter({ hasText: 'Elintézendő fizetés' });
    await expect(tile).toContainText(forints(summary.failedAmount));
    await person.go('/payments?status=TODO');
    await expect(person.page.locator('[data-testid="failure-row"][data-transaction-id="erp-1"]')).toHaveCount(1);
    await expect(
      person.page.locator(`[data-testid="failure-row"][data-transaction-id="${failure.transactionId}"]`),
    ).toHaveCount(listed);
  }
});
