import { screen, waitFor, within } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { json, minutesAgo, openShop, page, problem, userOf } from '../../test/fake-server';
import { accessibilityProblems, renderPage } from '../../test/render-page';
import { suggestPassword } from './password';
import type { ApiKey } from '../../api/api-keys';
import type { Connection } from '../../api/connections';
import type { Account } from '../../api/users';

vi.mock('../../live/live-provider', () => import('../../test/quiet-live'));
vi.mock('../../live/connection-chip', () => import('../../test/quiet-live'));
vi.mock('../../live/notification-bell', () => import('../../test/quiet-live'));
vi.mock('../../live/toasts', () => import('../../test/quiet-live'));

const me = userOf('ADMIN');
const accountOf = (more: Partial<Account>): Account => ({
  id: 'u2',
  email: 'anna@shop.hu',
  name: 'Kovács Anna',
  role: 'OPERATOR',
  disabled: false,
  createdAt: minutesAgo(60),
  ...more,
});

const keyOf = (more: Partial<ApiKey>): ApiKey => ({
  id: 'k1',
  name: 'ERP',
  scopes: ['events:write', 'catalogue:write', 'stock:write'],
  status: 'ACTIVE',
  createdAt: minutesAgo(90),
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: null,
  rateLimit: null,
  ...more,
});

function openOffice() {
  let users = [accountOf({}), accountOf({ id: me.id, email: me.email, name: me.name, role: 'ADMIN' })];
  return openShop('ADMIN')
    .on('GET /admin/users', () => json(page(users)))
    .on('PATCH /admin/users/u2', ({ body }) => {
      users = users.map((each) => (each.id === 'u2' ? { ...each, ...(body as Partial<Account>) } : each));
      return json(users[0]);
    });
}

const rowOf = async (id: string) => {
  const rows = await screen.findAllByTestId('user-row');
  const row = rows.find((each) => each.dataset.userId === id);
  if (row === undefined) throw new Error(`no row of ${id}`);
  return row;
};

it('lists users; role and state of others can be changed, not one’s own', async () => {
  const server = openOffice();
  const { user, container } = await renderPage('/users');
  const row = await rowOf('u2');
  expect(row).toHaveTextContent('anna@shop.hu');
  const own = await rowOf(me.id);
  expect(own).toHaveTextContent('Adminisztrátor');
  expect(within(own).queryByRole('combobox')).not.toBeInTheDocument();
  expect(within(own).queryByRole('button', { name: 'Letiltás' })).not.toBeInTheDocument();
  expect(await accessibilityProblems(container)).toEqual([]);
  await user.selectOptions(within(row).getByRole('combobox', { name: 'Szerepkör: Kovács Anna' }), 'STORE_MANAGER');
  expect(server.seen('PATCH /admin/users/u2')).toEqual([]);
  expect(await screen.findByText(/Pultos helyett Üzletvezető lesz/)).toBeInTheDocument();
  await user.click(screen.getByTestId('confirm-yes'));
  await waitFor(() => expect(server.seen('PATCH /admin/users/u2')[0]?.body).toEqual({ role: 'STORE_MANAGER' }));
  await user.click(within(await rowOf('u2')).getByRole('button', { name: 'Letiltás' }));
  await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Letiltás' }));
  await waitFor(async () => expect(await rowOf('u2')).toHaveTextContent('Letiltva'));
  await user.click(within(await rowOf('u2')).getByRole('button', { name: 'Engedélyezés' }));
  await waitFor(async () => expect(await rowOf('u2')).toHaveTextContent('Beléphet'));
});

it('adds a user, says what is wrong, and shows the password that was made once', async () => {
  let taken = true;
  const server = openOffice().on('POST /admin/users', ({ body }) =>
    taken
      ? problem(409, 'CONFLICT')
      : json({ ...accountOf(body as Partial<Account>), password: 'made-by-program' }, 201),
  );
  const { user } = await renderPage('/users');
  await user.click(await screen.findByRole('button', { name: 'Új felhasználó' }));
  const dialog = await screen.findByRole('dialog');
  await user.click(within(dialog).getByRole('button', { name: 'Felvétel' }));
  expect(within(dialog).getByText('Adja meg a nevét.')).toBeInTheDocument();
  expect(within(dialog).getByText('Érvényes e-mail-címet adjon meg.')).toBeInTheDocument();
  await user.type(within(dialog).getByLabelText('Név'), 'Tóth Béla');
  await user.type(within(dialog).getByLabelText('E-mail-cím'), 'bela@shop.hu');
  await user.type(within(dialog).getByLabelText('Jelszó'), 'rövid');
  await user.click(within(dialog).getByRole('button', { name: 'Felvétel' }));
  expect(within(dialog).getByText('Legalább 8 karakter legyen.')).toBeInTheDocument();
  await user.clear(within(dialog).getByLabelText('Jelszó'));
  await user.click(within(dialog).getByRole('button', { name: 'Felvétel' }));
  expect(await within(dialog).findByText('Ezzel az e-mail-címmel már van felhasználó.')).toBeInTheDocument();
  taken = false;
  await user.click(within(dialog).getByRole('button', { name: 'Felvétel' }));
  expect(await screen.findByTestId('secret')).toHaveTextContent('made-by-program');
  expect(server.seen('POST /admin/users').at(-1)?.body).toEqual({
    name: 'Tóth Béla',
    email: 'bela@shop.hu',
    role: 'OPERATOR',
  });
  await user.click(screen.getByRole('button', { name: 'Másolás' }));
  expect(await screen.findByRole('button', { name: 'Kimásolva' })).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Felírtam' }));
  await waitFor(() => expect(screen.queryByTestId('secret')).not.toBeInTheDocument());
});

it('gives a new password, one that can be read out suggested', async () => {
  const server = openOffice();
  const { user } = await renderPage('/users');
  await user.click(within(await rowOf('u2')).getByRole('button', { name: 'Új jelszó: Kovács Anna' }));
  const field = await screen.findByLabelText('Jelszó');
  const first = (field as HTMLInputElement).value;
  expect(first).toMatch(/^[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}$/);
  await user.click(screen.getByRole('button', { name: 'Másik javaslat' }));
  expect((field as HTMLInputElement).value).not.toBe(first);
  await user.clear(field);
  await user.type(field, 'hosszabb-jelszó');
  await user.click(screen.getByRole('button', { name: 'Mentés' }));
  expect(await screen.findByTestId('secret')).toHaveTextContent('hosszabb-jelszó');
  expect(server.seen('PATCH /admin/users/u2')[0]?.body).toEqual({ password: 'hosszabb-jelszó' });
  expect(new Set(Array.from({ length: 50 }, suggestPassword)).size).toBe(50);
});

it('makes an API key, shows it once, and revokes one', async () => {
  let keys: ApiKey[] = [
    keyOf({ id: 'k0', name: 'régi', createdAt: minutesAgo(9000), revokedAt: minutesAgo(60), status: 'REVOKED' }),
    keyOf({}),
  ];
  openOffice()
    .on('GET /admin/api-keys', () => json(page(keys)))
    .on('POST /admin/api-keys', ({ body }) =>
      json({ ...keyOf({ id: 'k2' }), key: 'hk_once', ...(body as object) }, 201),
    )
    .on('DELETE /admin/api-keys/k1', () => {
      keys = keys.map((key) => (key.id === 'k1' ? { ...key, revokedAt: minutesAgo(0), status: 'REVOKED' } : key));
      return json(undefined, 204);
    });
  const { user } = await renderPage('/api-keys');
  expect((await screen.findAllByTestId('key-row')).map((row) => row.dataset.keyId)).toEqual(['k1', 'k0']);
  await user.click(screen.getByRole('button', { name: 'Új kulcs' }));
  await user.click(await screen.findByRole('button', { name: 'Kulcs készítése' }));
  expect(screen.getByText('Írja be, mire való a kulcs.')).toBeInTheDocument();
  await user.type(screen.getByLabelText('Mire való?'), 'Webáruház');
  await user.click(screen.getByRole('button', { name: 'Kulcs készítése' }));
  expect(await screen.findByTestId('secret')).toHaveTextContent('hk_once');
  await user.click(screen.getByRole('button', { name: 'Felírtam' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  await user.click(screen.getByRole('button', { name: 'Visszavonás' }));
  await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Visszavonás' }));
  await waitFor(() => expect(screen.getAllByText('Visszavonva')).toHaveLength(2));
});

it('limits a new key, and shows what each key may do and when it was used', async () => {
  const server = openOffice()
    .on(
      'GET /admin/api-keys',
      page([
        keyOf({ lastUsedAt: minutesAgo(5), rateLimit: 600 }),
        keyOf({ id: 'k2', name: 'Webshop', status: 'EXPIRING', scopes: ['stock:write'], expiresAt: minutesAgo(-3000) }),
        keyOf({ id: 'k3', name: 'Régi', status: 'EXPIRED', expiresAt: minutesAgo(3000) }),
      ]),
    )
    .on('POST /admin/api-keys', () => json({ ...keyOf({ id: 'k4' }), key: 'hk_once' }, 201));
  const { user, container } = await renderPage('/api-keys');
  const rows = await screen.findAllByTestId('key-row');
  expect(rows[0]).toHaveTextContent('utoljára használva: 5 perce · percenként legfeljebb 600 hívás');
  expect(rows[1]).toHaveTextContent('Hamarosan lejár');
  expect(rows[1]).toHaveTextContent('Jogai: Készletet írhat');
  expect(rows[1]).toHaveTextContent('még nem használták');
  expect(rows[2]).toHaveTextContent('Lejárt');
  expect(await accessibilityProblems(container)).toEqual([]);
  await user.click(screen.getByRole('button', { name: 'Új kulcs' }));
  await user.type(await screen.findByLabelText('Mire való?'), 'Polcszámláló');
  for (const name of ['Eseményeket küldhet', 'Katalógust írhat', 'Készletet írhat'])
    await user.click(screen.getByRole('switch', { name }));
  expect(screen.getByText('Legalább egy jogot adjon neki.')).toBeInTheDocument();
  expect(screen.getByRole('button', { name: 'Kulcs készítése' })).toBeDisabled();
  await user.click(screen.getByRole('switch', { name: 'Készletet írhat' }));
  await user.type(screen.getByLabelText('Meddig él?'), '2099-01-31');
  await user.type(screen.getByLabelText('Hívás percenként'), '0');
  await user.click(screen.getByRole('button', { name: 'Kulcs készítése' }));
  expect(await screen.findByText('1 és 60 000 közötti egész számot adjon meg.')).toBeInTheDocument();
  await user.type(screen.getByLabelText('Hívás percenként'), '{Backspace}60');
  await user.click(screen.getByRole('button', { name: 'Kulcs készítése' }));
  expect(await screen.findByTestId('secret')).toHaveTextContent('hk_once');
  expect(server.seen('POST /admin/api-keys')[0]?.body).toEqual({
    name: 'Polcszámláló',
    scopes: ['stock:write'],
    expiresAt: '2099-01-31T22:59:00.000Z',
    rateLimit: 60,
  });
});

it('changes a key; an end that has passed and a right that is not offered stay', async () => {
  const server = openOffice()
    .on(
      'GET /admin/api-keys',
      page([keyOf({ status: 'EXPIRED', scopes: ['events:read', 'stock:write'], expiresAt: minutesAgo(3000) })]),
    )
    .on('PATCH /admin/api-keys/k1', ({ body }) =>
      'expiresAt' in (body as object)
        ? json(keyOf({}))
        : problem(422, 'INVALID_REQUEST', { errors: [{ field: 'scopes', detail: 'are too few' }] }),
    );
  const { user } = await renderPage('/api-keys');
  await user.click(await screen.findByRole('button', { name: 'Módosítás: ERP' }));
  await user.click(await screen.findByRole('switch', { name: 'Eseményeket küldhet' }));
  await user.type(screen.getByLabelText('Hívás percenként'), '60');
  await user.click(screen.getByRole('button', { name: 'Mentés' }));
  await waitFor(() =>
    expect(server.seen('PATCH /admin/api-keys/k1')[0]?.body).toEqual({
      name: 'ERP',
      scopes: ['events:read', 'stock:write', 'events:write'],
      rateLimit: 60,
    }),
  );
  expect(await screen.findByRole('alert')).toBeInTheDocument();
  await user.clear(screen.getByLabelText('Meddig él?'));
  await user.clear(screen.getByLabelText('Hívás percenként'));
  await user.click(screen.getByRole('button', { name: 'Mentés' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  expect(server.seen('PATCH /admin/api-keys/k1')[1]?.body).toMatchObject({ expiresAt: null, rateLimit: null });
});

it('shows who is connected, the newest first', async () => {
  const of = (more: Partial<Connection>): Connection => ({
    id: 'c1',
    user: { id: 'u2', name: 'Kovács Anna' },
    role: 'OPERATOR',
    transport: 'websocket',
    remote: '10.0.0.7',
    position: 'e1:o:10',
    connectedAt: minutesAgo(61),
    ...more,
  });
  openOffice().on(
    'GET /admin/connections',
    page([
      of({}),
      of({
        id: 'c2',
        transport: 'polling',
        user: { id: me.id, name: me.name },
        role: 'ADMIN',
        connectedAt: minutesAgo(2),
      }),
    ]),
  );
  const { container } = await renderPage('/connections');
  const rows = await screen.findAllByTestId('connection-row');
  expect(rows[0]).toHaveTextContent('Szabó Katalin');
  expect(rows[0]).toHaveTextContent('Lekérdezéses');
  expect(rows[1]).toHaveTextContent('csatlakozott: 1 órája');
  expect(screen.getByText('2 élő kapcsolat ezen a szerveren')).toBeInTheDocument();
  expect(screen.getByRole('link', { name: 'Beállítások' })).toHaveAttribute('data-here', 'true');
  expect(await accessibilityProblems(container)).toEqual([]);
});

it.each(['/users', '/api-keys', '/connections'])(
  'is for administrators only, and asks nothing for others: %s',
  async (path) => {
    const server = openShop('STORE_MANAGER');
    await renderPage(path);
    expect(await screen.findByText('Ez az oldal adminisztrátoroknak szól')).toBeInTheDocument();
    expect(screen.queryByRole('link', { name: 'Beállítások' })).not.toBeInTheDocument();
    expect(server.requests.filter((each) => each.path.startsWith('/admin'))).toEqual([]);
  },
);
