import type { Page } from '@playwright/test';
import { openPage, pages } from '../harness/pages.ts';
import { expect, newPerson, signIn, test } from '../harness/test.ts';

function complaints(page: Page): string[] {
  const said: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      said.push(`${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => said.push(error.message));
  return said;
}

test('from the first visit through every page to the sign-out, the console stays empty', async ({
  browser,
  server,
}) => {
  const person = await newPerson(browser, server);
  const { page } = person;
  const said = complaints(page);
  await page.goto(server.url);
  await expect(page).toHaveURL(/\/login/);
  await signIn(page, server, 'admin@budapest.demo');
  await person.connected();
  for (const path of [...pages, '/']) await openPage(page, server, path);
  await page.getByTestId('logout').click();
  await expect(page).toHaveURL(/\/login/);
  await page.reload();
  await expect(page.locator('input[name="email"]')).toBeVisible();
  expect(said).toEqual([]);
  await person.context.close();
});

test('a good cookie is found by a browser that remembers nothing else, and a lost one leads to the form', async ({
  signIn: enter,
}) => {
  const manager = await enter('manager@budapest.demo');
  await manager.page.evaluate(() => localStorage.clear());
  await manager.page.reload();
  await manager.connected();
  await manager.context.clearCookies();
  await manager.page.reload();
  await expect(manager.page).toHaveURL(/\/login/);
});
