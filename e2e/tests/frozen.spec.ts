import { Api } from '../harness/api.ts';
import { PlainTab } from '../harness/plain-tab.ts';
import { expect, test } from '../harness/test.ts';

// Browsers freeze tabs that nobody looks at: nothing runs in them, not even an
// answer to the server's ping. Chromium is told to do so, and to wake them.

/** Waits until the server has given all connections of the tenant up. */
async function nobodyIsThere(admin: Api): Promise<void> {
  await expect
    .poll(async () => (await admin.call<{ items: unknown[] }>('GET', '/admin/connections')).items.length, {
      timeout: 60_000,
    })
    .toBe(0);
}

const count = (testId: string) => `document.querySelectorAll('[data-testid="${testId}"]').length`;
const rowsWith = (words: string) =>
  `[...document.querySelectorAll('[data-testid="notification-item"]')].filter((row) => row.textContent.includes('${words}')).length`;
const click = (testId: string) => `document.querySelector('[data-testid="${testId}"]').click()`;

test('a tab that was frozen tells what it missed: one digest, the right badge, no toast', async ({
  browser,
  server,
}) => {
  const tab = await PlainTab.signedIn(browser, server, 'manager@budapest.demo');
  const admin = await Api.login(server, 'admin@budapest.demo');
  const key = new Api(server, await server.apiKey('budapest'));
  const before = await tab.badgeNow();
  await tab.freeze();
  await nobodyIsThere(admin);
  await key.ring(3, 'alatta');
  await tab.wake();
  await tab.until(tab.attribute('digest', 'data-count'), '3', 20_000);
  await tab.connected();
  await tab.badge(before + 3);
  await tab.until(`document.title.startsWith("(${before + 3}) ")`, true);
  expect(await tab.run(count('toast'))).toBe(0);
  expect(await tab.run(count('gap'))).toBe(0);
  await tab.close();
});

test('frozen for more than the window holds: a digest of 50, the gap told, the right badge and list', async ({
  browser,
  server,
}) => {
  const tab = await PlainTab.signedIn(browser, server, 'manager@budapest.demo');
  const admin = await Api.login(server, 'admin@budapest.demo');
  const key = new Api(server, await server.apiKey('budapest'));
  const before = await tab.badgeNow();
  await tab.freeze();
  await nobodyIsThere(admin);
  await key.ring(70, 'sok');
  await tab.wake();
  await tab.until(tab.attribute('digest', 'data-count'), '50', 20_000);
  await tab.until(tab.attribute('gap', 'data-missed'), '20');
  expect(await tab.run(count('toast'))).toBe(0);
  await tab.badge(before + 70);
  await tab.run(click('notification-bell'));
  await tab.until(rowsWith('Próba sok 70'), 1);
  await tab.close();
});

test('frozen for less than the server waits: nothing is lost or doubled, and what comes next is live', async ({
  browser,
  server,
}) => {
  const tab = await PlainTab.signedIn(browser, server, 'manager@budapest.demo');
  const key = new Api(server, await server.apiKey('budapest'));
  const before = await tab.badgeNow();
  await tab.freeze();
  await key.ring(2, 'pillanat');
  await tab.wake();
  await tab.badge(before + 2);
  await tab.connected();
  await key.ring(1, 'utana');
  await tab.badge(before + 3);
  await tab.until(`${count('toast')} > 0`, true);
  await tab.run(click('notification-bell'));
  for (const name of ['pillanat 1', 'pillanat 2', 'utana 1']) await tab.until(rowsWith(`Próba ${name}`), 1);
  await tab.close();
});

test('the connected tab is frozen: the one in sight goes on in its place, and both are right when it wakes', async ({
  browser,
  server,
}) => {
  const first = await PlainTab.signedIn(browser, server, 'manager@budapest.demo');
  const key = new Api(server, await server.apiKey('budapest'));
  const before = await first.badgeNow();
  const second = await PlainTab.open(browser, server.url, first);
  await second.connected();
  await first.freeze(second);
  await key.ring(2, 'egyik');
  await second.badge(before + 2, 25_000);
  await second.connected();
  expect(await second.run(count('gap'))).toBe(0);
  await first.wake();
  await first.badge(before + 2);
  await first.connected();
  await key.ring(1, 'masik');
  for (const tab of [first, second]) await tab.badge(before + 3);
  await first.until(`${count('toast')} > 0`, true);
  await first.close();
});
