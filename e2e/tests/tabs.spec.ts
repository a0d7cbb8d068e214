import type { Page } from '@playwright/test';
import { Api } from '../harness/api.ts';
import type { Server } from '../harness/server.ts';
import { closeToasts, expect, expectOnlyToasts, expectToast, type Person, test } from '../harness/test.ts';

/** Another tab of the same browser, in front of those before it. */
async function openTab(
  person: Person,
  server: Server,
  prepare: (page: Page) => Promise<void> = () => Promise.resolve(),
): Promise<Page> {
  const page = await person.context.newPage();
  await prepare(page);
  await page.goto(`${server.url}/`);
  await expectStatus(page, 'connected');
  return page;
}

const expectStatus = (page: Page, status: string): Promise<void> =>
  expect(page.getByTestId('connection-status')).toHaveAttribute('data-status', status);
const expectBadge = (page: Page, count: number): Promise<void> =>
  expect(page.getByTestId('notification-badge')).toHaveAttribute('data-count', String(count));

/** How many connections of one user the server holds. */
async function connectionsOf(api: Api, email: string): Promise<number> {
  const { items } = await api.call<{ items: { user: { id: string } }[] }>('GET', '/admin/connections?limit=200');
  const { items: users } = await api.call<{ items: { id: string; email: string }[] }>('GET', '/admin/users?limit=200');
  const id = users.find((user) => user.email === email)?.id;
  return items.filter(({ user }) => user.id === id).length;
}

test('three tabs: one connection, one toast in the tab used last, badge and list in all', async ({
  server,
  signIn,
}) => {
  const manager = await signIn('manager@budapest.demo');
  const admin = await Api.login(server, 'admin@budapest.demo');
  const key = new Api(server, await server.apiKey('budapest'));
  const pages = [manager.page, await openTab(manager, server), await openTab(manager, server)] as const;
  const [first, second, third] = pages;
  await expect.poll(() => connectionsOf(admin, 'manager@budapest.demo')).toBe(1);
  const before = await manager.badge();

  await key.ring(1, 'egy');
  await expectOnlyToasts(third, ['Próba egy 1']);
  for (const page of pages) await expectBadge(page, before + 1);
  for (const page of [first, second]) await expectOnlyToasts(page, []);

  // The bell opens the panel: the first tab is the one in use from here on, and its list has the event.
  await first.getByTestId('notification-bell').click();
  await expect(first.getByTestId('notification-item').first()).toContainText('Próba egy 1');
  await first.keyboard.press('Escape');
  await key.ring(1, 'ketto');
  await expectOnlyToasts(first, ['Próba ketto 1']);
  for (const page of pages) await expectBadge(page, before + 2);
  await expectOnlyToasts(second, []);
  await expectOnlyToasts(third, ['Próba egy 1']);

  // The tab in use is closed: the one used before it shows the next.
  await second.locator('main').click({ position: { x: 5, y: 5 } });
  await second.close();
  await key.ring(1, 'harom');
  await expectOnlyToasts(first, ['Próba ketto 1', 'Próba harom 1']);
  await expectBadge(third, before + 3);
  await expect.poll(() => connectionsOf(admin, 'manager@budapest.demo')).toBe(1);
});

test('the connected tab is closed: another goes on where it was, and nothing is lost or doubled', async ({
  server,
  signIn,
}) => {
  const manager = await signIn('manager@budapest.demo');
  const admin = await Api.login(server, 'admin@budapest.demo');
  const key = new Api(server, await server.apiKey('budapest'));
  let committed = (): void => undefined;
  const whenCommitted = new Promise<void>((resolve) => {
    committed = resolve;
  });
  const sessions: { recovered: boolean; replayed: number }[] = [];
  // The way of the second tab to the server is held until the event in between is committed.
  const second = await openTab(manager, server, (page) =>
    page.routeWebSocket(/socket\.io/, async (socket) => {
      await whenCommitted;
      const upstream = socket.connectToServer();
      upstream.onMessage((message) => {
        const session = /^42\/ws\/dashboard,(\["session".*)$/.exec(String(message))?.[1];
        if (session) sessions.push((JSON.parse(session) as [string, { recovered: boolean; replayed: number }])[1]);
        socket.send(message);
      });
    }),
  );
  const before = await manager.badge();
  await key.ring(1, 'elotte');
  await expectOnlyToasts(second, ['Próba elotte 1']);
  await closeToasts(second);
  await expectBadge(second, before + 1);

  await manager.page.close();
  await expectStatus(second, 'reconnecting');
  await key.ring(1, 'kozben');
  committed();
  await expectStatus(second, 'connected');
  await expect(second.getByTestId('digest')).toHaveAttribute('data-count', '1');
  await expect(second.getByTestId('digest')).toContainText('Próba kozben 1');
  await expectBadge(second, before + 2);
  expect(sessions).toMatchObject([{ recovered: true, replayed: 1 }]);
  await expectOnlyToasts(second, ['Próba elotte 1']);
  await expect(second.getByTestId('gap')).toHaveCount(0);

  await key.ring(1, 'utana');
  await expectOnlyToasts(second, ['Próba elotte 1', 'Próba utana 1']);
  await expectBadge(second, before + 3);
  await expect.poll(() => connectionsOf(admin, 'manager@budapest.demo')).toBe(1);
});

test('a connected tab that hangs loses its turn to one that somebody looks at', async ({ server, signIn }) => {
  const manager = await signIn('manager@budapest.demo');
  const key = new Api(server, await server.apiKey('budapest'));
  const second = await openTab(manager, server);
  const before = await manager.badge();
  const hung = manager.page.evaluate(() => {
    const end = Date.now() + 25_000;
    while (Date.now() < end);
  });
  await key.ring(1, 'fagyott');
  // Nobody touches the second tab; it finds out by itself.
  await expect(second.getByTestId('notification-badge')).toHaveAttribute('data-count', String(before + 1), {
    timeout: 22_000,
  });
  await expectStatus(second, 'connected');
  await hung;
  await expectStatus(manager.page, 'connected');
  await expectBadge(manager.page, before + 1);
  await key.ring(1, 'utana');
  for (const page of [manager.page, second]) await expectBadge(page, before + 2);
});

test('one tab alone is cut off: it says so, the others stay connected, and it catches up', async ({
  server,
  signIn,
}) => {
  const manager = await signIn('manager@budapest.demo');
  const key = new Api(server, await server.apiKey('budapest'));
  const second = await openTab(manager, server);
  const before = await manager.badge();
  const network = await manager.context.newCDPSession(manager.page);
  const cut = (offline: boolean) =>
    network.send('Network.emulateNetworkConditions', {
      offline,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
  await network.send('Network.enable');

  await cut(true);
  await expectStatus(manager.page, 'disconnected');
  await expectStatus(second, 'connected');
  await key.ring(2, 'vagott');
  await expectBadge(second, before + 2);
  await expectStatus(manager.page, 'disconnected');

  await cut(false);
  await expectStatus(manager.page, 'connected');
  await expectBadge(manager.page, before + 2);
  await expectStatus(second, 'connected');
});

test('all tabs offline and back; "Újra most" in any of them connects all', async ({ server, signIn }) => {
  const manager = await signIn('manager@budapest.demo');
  const second = await openTab(manager, server);
  await manager.context.setOffline(true);
  for (const page of [manager.page, second]) await expectStatus(page, 'disconnected');
  await manager.context.setOffline(false);
  for (const page of [manager.page, second]) await expectStatus(page, 'connected');

  await server.end('SIGKILL');
  for (const page of [manager.page, second]) await expectStatus(page, 'reconnecting');
  await server.serve();
  await second.getByTestId('reconnect-now').click();
  for (const page of [manager.page, second]) await expectStatus(page, 'connected');
});

test('logout in one tab ends all of that browser and nobody else; the next user starts afresh', async ({
  server,
  signIn,
}) => {
  const manager = await signIn('manager@budapest.demo');
  const other = await signIn('manager@budapest.demo');
  const stranger = await signIn('manager@debrecen.demo');
  const second = await openTab(manager, server);
  if (!(await second.getByTestId('logout').isVisible())) await second.getByTestId('user-menu').click();
  await second.getByTestId('logout').click();
  for (const page of [manager.page, second]) await expect(page).toHaveURL(/\/login/);
  await other.connected();
  await stranger.connected();
  const admin = await Api.login(server, 'admin@budapest.demo');
  await expect.poll(() => connectionsOf(admin, 'manager@budapest.demo')).toBe(1);

  // Somebody else takes the same browser: both tabs are theirs, and neither hears the manager's events.
  await second.locator('input[name="email"]').fill('operator@debrecen.demo');
  await second.locator('input[name="password"]').fill('harang-demo');
  await second.locator('button[type="submit"]').click();
  for (const page of [manager.page, second]) await expectStatus(page, 'connected');
  await new Api(server, await server.apiKey('budapest')).ring(1, 'idegen');
  await expectToast(other.page, 'Próba idegen 1');
  await new Api(server, await server.apiKey('debrecen')).ring(1, 'sajat');
  await expectToast(second, 'Próba sajat 1');
  await expectToast(stranger.page, 'Próba sajat 1');
  for (const page of [manager.page, second, stranger.page])
    await expect(page.getByText('Próba idegen 1')).toHaveCount(0);
});
