import { expect, newPerson, signIn as enter, test } from '../harness/test.ts';

test('without a server a menu click keeps the page, and the next page opens by itself', async ({ browser, server }) => {
  const manager = await newPerson(browser, server);
  let there = true;
  let release: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => {
    release = resolve;
  });
  // The code of the stock page is not there yet when the server goes.
  await manager.context.route('**/assets/stock-page-*.js', async (route) => {
    await gone;
    await (there ? route.continue() : route.abort('connectionrefused'));
  });
  await enter(manager.page, server, 'manager@budapest.demo');
  await manager.connected();
  await expect(manager.page.getByTestId('alert-row').first()).toBeVisible();
  await server.end('SIGKILL');
  there = false;
  release();

  await manager.page.getByRole('link', { name: 'Készlet', exact: true }).click();
  await expect(manager.page.getByTestId('page-waiting')).toBeVisible();
  await expect(manager.page.getByTestId('stock-alert-list')).toBeVisible();
  await expect(manager.page.getByText('Az oldal hibába futott')).toHaveCount(0);

  await server.serve();
  there = true;
  await expect(manager.page.getByTestId('stock-row').first()).toBeVisible({ timeout: 30_000 });
  await expect(manager.page.getByTestId('page-waiting')).toHaveCount(0);
  await manager.context.close();
});

test('pages are loaded ahead: each opens without a server, and its rows come when it is back', async ({
  server,
  signIn,
}) => {
  const manager = await signIn('manager@budapest.demo');
  const loaded = () =>
    manager.page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name.split('/').at(-1)));
  await expect.poll(async () => (await loaded()).join(' ')).toMatch(/self-check-page-.*\.js/);
  await server.end('SIGKILL');
  for (const name of ['Partnerek', 'Fizetések', 'Készlet']) {
    await manager.page.getByRole('link', { name, exact: true }).click();
    await expect(manager.page.getByRole('heading', { level: 1 })).toHaveText(name);
  }
  await expect(manager.page.getByText('Az oldal hibába futott')).toHaveCount(0);
  await server.serve();
  await expect(manager.page.getByTestId('stock-row').first()).toBeVisible({ timeout: 60_000 });
});

test('a widget that throws leaves the rest of the page, and the server is told', async ({ browser, server }) => {
  const manager = await newPerson(browser, server);
  await manager.context.route('**/api/v1/dashboard/summary*', (route) => route.fulfill({ json: {} }));
  const report = manager.page.waitForResponse('**/api/v1/client-errors');
  await enter(manager.page, server, 'manager@budapest.demo');
  await manager.connected();
  await expect(manager.page.getByTestId('part-failed')).toBeVisible();
  await expect(manager.page.getByTestId('alert-row').first()).toBeVisible();
  await expect(manager.page.getByTestId('payment-failures')).toBeVisible();
  expect((await report).status()).toBe(204);
  await manager.page.getByRole('link', { name: 'Készlet', exact: true }).click();
  await expect(manager.page.getByTestId('stock-row').first()).toBeVisible();
  await manager.context.close();
});
