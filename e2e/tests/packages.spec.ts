import { Api } from '../harness/api.ts';
import { App } from '../harness/app.ts';
import { Server } from '../harness/server.ts';
import { expect, test } from '../harness/test.ts';

test('a page of another origin, made from the packed packages and their README, has badge, toast and list', async ({
  page,
}) => {
  const app = await App.open();
  const server = await Server.start('--allowed-origin', app.origin);
  try {
    await app.build('vite-react19', server.url);
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.goto(app.origin);
    await page.locator('input[name="email"]').fill('manager@budapest.demo');
    await page.locator('input[name="password"]').fill('harang-demo');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByTestId('notification-bell')).toHaveAttribute('data-status', 'connected');

    const unread = async (): Promise<number> =>
      Number(await page.getByTestId('notification-badge').getAttribute('data-count'));
    await expect.poll(unread).toBeGreaterThan(0);
    const before = await unread();
    await new Api(server, await server.apiKey('budapest')).ring(1, 'packed');
    const warning = page.locator('[data-testid="toast"][data-kind="warning"]');
    await expect(warning).toContainText('Critical shortage: Próba packed 1');
    await expect.poll(unread).toBe(before + 1);
    if (process.env.HARANG_SCREENSHOTS) await page.screenshot({ path: 'screenshots/packages-toast.png' });

    await page.getByTestId('notification-bell').click();
    await expect(page.getByTestId('notification-item').first()).toContainText('Próba packed 1');
    if (process.env.HARANG_SCREENSHOTS) await page.screenshot({ path: 'screenshots/packages-list.png' });
    await page.getByRole('button', { name: 'Mark all as read' }).click();
    await expect.poll(unread).toBe(0);

    await page.reload();
    await expect(page.getByTestId('notification-bell')).toHaveAttribute('data-status', 'connected');
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.addStyleTag({
      content: ':root { --harang-ink: rgb(1, 2, 3) } h1, h2 { color: red; text-align: center }',
    });
    await page.getByTestId('notification-bell').click();
    const title = page.getByTestId('notification-panel').getByRole('heading');
    await expect(title).toHaveCSS('color', 'rgb(1, 2, 3)');
    await expect(title).toHaveCSS('text-align', 'start');
    expect(errors).toEqual([]);
  } finally {
    await server.stop();
    await app.stop();
  }
});
