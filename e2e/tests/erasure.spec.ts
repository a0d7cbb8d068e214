import { Api } from '../harness/api.ts';
import { goods, rent } from '../harness/rentals.ts';
import { expect, test } from '../harness/test.ts';

const name = 'Zsófiácska Kertészete';
const replacement = 'Törölt partner';

test('an erased customer is on no page of anybody, in no list and no search, and the log says who did it', async ({
  server,
  signIn,
}) => {
  const api = await Api.login(server, 'admin@budapest.demo');
  await api.call('PUT', '/partners/zsofi', { name });
  const theirs = { ...(await goods(api, 1000)), partner: { id: 'zsofi', name } };
  const rental = await rent(api, theirs, { quantity: 1, days: 1, payment: { method: 'CASH' } });

  const manager = await signIn('manager@budapest.demo');
  await manager.go('/notifications');
  const list = manager.page.getByRole('main');
  await expect(list).toContainText(name);

  const { page } = await signIn('admin@budapest.demo');
  await page.goto(`${server.url}/partners`);
  await page.getByRole('searchbox').fill('zsofiacska');
  const row = page.locator('[data-testid="partner-row"][data-partner-id="zsofi"]');
  await row.getByRole('button', { name: `Adatok törlése: ${name}` }).click();
  const confirm = page.getByTestId('erase-confirm');
  await expect(confirm).toBeDisabled();
  await page.getByLabel('A törléshez írja be a nevet').fill(name);
  await confirm.click();
  await expect(page.getByRole('alert')).toContainText('Előbb fejezze be ezt a bérlést');
  await expect(list).toContainText(name);

  await api.call('POST', `/rentals/${rental.id}/return`, {});
  await confirm.click();
  await expect(row).toHaveCount(0);
  await expect(page.getByText('Nincs találat')).toBeVisible();

  // The other page reads everything anew by itself.
  await expect(list).toContainText(replacement);
  await expect(manager.page.locator('body')).not.toContainText(name);
  await manager.go('/rentals');
  await expect(manager.page.getByRole('main')).toContainText(replacement);
  await expect(manager.page.locator('body')).not.toContainText(name);

  await page.goto(`${server.url}/audit`);
  await expect(page.getByRole('main')).toContainText('Partner adatait törölte');
  await expect(page.getByRole('main')).toContainText(replacement);
  await expect(page.locator('body')).not.toContainText(name);
});

test('an erased user is signed out at once, is in no list, and the e-mail address is free again', async ({
  server,
  signIn,
}) => {
  const email = 'operator@budapest.demo';
  const operator = await signIn(email);
  const api = await Api.login(server, 'admin@budapest.demo');
  const { items } = await api.call<{ items: { id: string; name: string; email: string }[] }>('GET', '/admin/users');
  const user = items.find((each) => each.email === email)!;

  const { page } = await signIn('admin@budapest.demo');
  await page.goto(`${server.url}/users`);
  const row = page.locator(`[data-testid="user-row"][data-user-id="${user.id}"]`);
  await row.getByRole('button', { name: `Adatok törlése: ${user.name}` }).click();
  await page.getByLabel('A törléshez írja be a nevet').fill(user.name);
  await page.getByTestId('erase-confirm').click();
  await expect(row).toHaveCount(0);
  await expect(operator.page.locator('input[name="password"]')).toBeVisible();
  await expect(Api.login(server, email)).rejects.toThrow('401');

  await page.goto(`${server.url}/audit`);
  await expect(page.getByRole('main')).toContainText('Felhasználó adatait törölte');
  await expect(page.locator('body')).not.toContainText(user.name);
  await api.call('POST', '/admin/users', { email, name: 'Új Ember', role: 'OPERATOR' });
});
