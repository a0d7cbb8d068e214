import { Api } from '../harness/api.ts';
import { expect, test } from '../harness/test.ts';

test('a stolen key: an administrator sees its last use and revokes it; its next call is refused, and the audit log says who did it', async ({
  server,
  signIn,
}) => {
  const admin = await Api.login(server, 'admin@budapest.demo');
  const me = await admin.call<{ name: string }>('GET', '/me');
  const stolen = new Api(server, await server.apiKey('budapest'));
  await stolen.call('PUT', '/partners/stolen', { name: 'Stolen' });
  const key = async () => {
    const { items } = await admin.call<{ items: { id: string; name: string; lastUsedAt: string | null }[] }>(
      'GET',
      '/admin/api-keys',
    );
    return items.find(({ name }) => name === 'e2e')!;
  };
  await expect.poll(async () => (await key()).lastUsedAt, 'the last use is written').not.toBeNull();
  const { id } = await key();

  const person = await signIn('admin@budapest.demo');
  await person.go('/api-keys');
  const row = person.page.locator(`[data-testid="key-row"][data-key-id="${id}"]`);
  await expect(row).toContainText('utoljára használva');
  await expect(row.getByTestId('key-scopes')).toContainText('Eseményeket küldhet');
  await row.getByRole('button', { name: 'Visszavonás' }).click();
  const revoked = person.page.waitForResponse((response) => response.request().method() === 'DELETE');
  await person.page.getByRole('dialog').getByRole('button', { name: 'Visszavonás' }).click();
  expect((await revoked).status()).toBe(204);
  await expect(stolen.call('PUT', '/partners/stolen', { name: 'Stolen' })).rejects.toThrow('401');
  await expect(row).toContainText('Visszavonva');

  await person.go('/audit?action=key.revoke');
  const entry = person.page.getByTestId('audit-row');
  await expect(entry).toHaveCount(1);
  await expect(entry).toContainText(me.name);
  await expect(entry).toContainText('API-kulcsot visszavont');
  await expect(entry).toContainText('e2e');
});
