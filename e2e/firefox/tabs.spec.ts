import { Api } from '../harness/api.ts';
import { expect, test } from '../harness/firefox.ts';

/** How many connections the user has at the server. */
async function connectionsOf(api: Api, email: string): Promise<number> {
  const { items } = await api.call<{ items: { user: { id: string } }[] }>('GET', '/admin/connections?limit=200');
  const { items: users } = await api.call<{ items: { id: string; email: string }[] }>('GET', '/admin/users?limit=200');
  const id = users.find((user) => user.email === email)?.id;
  return items.filter(({ user }) => user.id === id).length;
}

test('Firefox: three tabs share one connection, one shows the toast, all count it, and a closed one is replaced', async ({
  server,
  firefox,
  other,
}) => {
  const admin = await Api.login(server, 'admin@budapest.demo');
  const first = await firefox.open();
  await first.signIn('manager@budapest.demo');
  const second = await firefox.open();
  await second.go('/');
  const third = await firefox.open();
  await third.go('/');
  const tabs = [first, second, third];
  await expect.poll(() => connectionsOf(admin, 'manager@budapest.demo')).toBe(1);
  const before = await first.badge();

  await other.ring(1, 'egy');
  await third.expectToast('Próba egy 1');
  for (const tab of tabs) await tab.expectBadge(before + 1);
  expect([...(await first.texts('toast')), ...(await second.texts('toast'))]).toEqual([]);

  // The first tab has the connection: another one takes it over. What was sent in between is neither lost nor doubled.
  await first.page.close();
  await other.ring(1, 'ketto');
  for (const tab of [second, third]) await tab.expectBadge(before + 2);
  await expect.poll(() => connectionsOf(admin, 'manager@budapest.demo')).toBe(1);
  await other.ring(1, 'harom');
  await third.expectToast('Próba harom 1');
  for (const tab of [second, third]) await tab.expectBadge(before + 3);
  expect(await second.texts('toast')).toEqual([]);
});
