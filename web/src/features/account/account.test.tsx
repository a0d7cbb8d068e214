import { act, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import type { OwnSession } from '../../api/account';
import { language } from '../../shared/i18n/i18n';
import { session } from '../../shared/session';
import { json, minutesAgo, openShop, page, problem, userOf } from '../../test/fake-server';
import { accessibilityProblems, renderPage } from '../../test/render-page';

vi.mock('../../live/live-provider', () => import('../../test/quiet-live'));
vi.mock('../../live/connection-chip', () => import('../../test/quiet-live'));
vi.mock('../../live/notification-bell', () => import('../../test/quiet-live'));
vi.mock('../../live/toasts', () => import('../../test/quiet-live'));

const here: OwnSession = {
  id: 's-here',
  device: 'Firefox, Linux',
  network: '192.0.2.0/24',
  createdAt: minutesAgo(300),
  lastUsedAt: minutesAgo(0),
  current: true,
};
const phone: OwnSession = {
  id: 's-phone',
  device: 'Chrome, Android',
  network: '198.51.100.0/24',
  createdAt: minutesAgo(12),
  lastUsedAt: minutesAgo(4),
  current: false,
  newDevice: true,
};
const old: OwnSession = { ...here, id: 's-old', device: '', network: '', current: false, lastUsedAt: minutesAgo(200) };

function openAccount(role: 'OPERATOR' | 'ADMIN' = 'OPERATOR') {
  return openShop(role).on('GET /me/sessions', { items: [old, phone, here] });
}

beforeEach(async () => {
  openShop('OPERATOR');
  await session.signOut();
});

it('is opened from the user menu, and passes axe', async () => {
  openAccount();
  const { container, router, user } = await renderPage('/stock');
  await user.click(await screen.findByRole('button', { name: /Felhasználói menü/ }));
  await user.click(await screen.findByTestId('account-link'));
  expect(await screen.findByRole('heading', { level: 1, name: 'Fiókom' })).toBeInTheDocument();
  expect(router.state.location.pathname).toBe('/account');
  expect(await screen.findAllByTestId('session-row')).toHaveLength(3);
  expect(await accessibilityProblems(container)).toEqual([]);
});

it('changes the own name, in the header too, and says what is wrong with one', async () => {
  const server = openAccount().on('PATCH /me', (request) =>
    json({ ...userOf('OPERATOR'), name: (request.body as { name: string }).name }),
  );
  const { user } = await renderPage('/account');
  const name = await screen.findByLabelText('Név');
  await user.clear(name);
  await user.click(screen.getByRole('button', { name: 'Mentés' }));
  expect(await screen.findByText('Írja be a nevét.')).toBeInTheDocument();
  await user.type(name, '  Szabó Kata ');
  await user.click(screen.getByRole('button', { name: 'Mentés' }));
  expect(await screen.findByText('Elmentve')).toBeInTheDocument();
  expect(server.seen('PATCH /me').map(({ body }) => body)).toEqual([{ name: 'Szabó Kata' }]);
  expect(screen.getByRole('button', { name: /Felhasználói menü.*Szabó Kata/ })).toBeInTheDocument();
});

it('switches the language here at once and saves it for other devices', async () => {
  const server = openAccount().on('PATCH /me', { ...userOf('OPERATOR'), language: 'en' });
  const { user } = await renderPage('/account');
  await user.click(await screen.findByRole('radio', { name: 'English' }));
  expect(await screen.findByRole('heading', { level: 1, name: 'My account' })).toBeInTheDocument();
  await waitFor(() => expect(server.seen('PATCH /me').map(({ body }) => body)).toEqual([{ language: 'en' }]));
  server.on('PATCH /me', () => problem(503, 'UNAVAILABLE'));
  await user.click(screen.getByRole('radio', { name: 'Magyar' }));
  expect(await screen.findByText('Itt átváltott, de a többi eszközére nem sikerült elmenteni.')).toBeInTheDocument();
  expect(language()).toBe('hu');
});

it('shows a sign-in on another device in the language of the account', async () => {
  openShop('OPERATOR')
    .on('POST /auth/refresh', () => problem(401, 'UNAUTHENTICATED'))
    .on('POST /auth/login', {
      accessToken: 'a',
      expiresIn: 900,
      user: { ...userOf('OPERATOR'), language: 'en' },
    });
  const { user } = await renderPage('/stock');
  await user.type(await screen.findByLabelText('E-mail-cím'), 'a@b.hu');
  await user.type(screen.getByLabelText('Jelszó'), 'harang-demo{Enter}');
  expect(await screen.findByRole('heading', { level: 1, name: 'Stock' })).toBeInTheDocument();
});

it('changes the password, and puts each refusal at its field', async () => {
  const answers = [
    problem(422, 'PASSWORD_WRONG', { errors: [{ field: 'currentPassword', detail: 'is wrong' }] }),
    problem(422, 'PASSWORD_TOO_COMMON', { errors: [{ field: 'newPassword', detail: 'is common' }] }),
  ];
  const server = openAccount().on('POST /me/password', () => answers.shift() ?? json(undefined, 204));
  const { user } = await renderPage('/account');
  const current = await screen.findByLabelText('Mostani jelszó');
  const next = screen.getByLabelText('Új jelszó');
  const submit = screen.getByRole('button', { name: 'Jelszó cseréje' });
  await user.type(next, 'rövid');
  await user.click(submit);
  expect(await screen.findByText('Írja be a mostani jelszavát.')).toBeInTheDocument();
  expect(screen.getByText('Legalább 8 karakter legyen.')).toBeInTheDocument();
  await user.type(current, 'harang-demo');
  await user.clear(next);
  await user.type(next, 'harang-demo');
  await user.click(submit);
  expect(await screen.findByText('Ez a mostani jelszava. Válasszon másikat.')).toBeInTheDocument();
  await user.clear(next);
  await user.type(next, 'három kék csavar');
  await user.click(submit);
  await waitFor(() => expect(current).toHaveAccessibleDescription('Nem ez a mostani jelszava.'));
  await user.click(submit);
  await waitFor(() => expect(next).toHaveAccessibleDescription(/Ezt könnyű kitalálni/));
  expect(current).toHaveValue('harang-demo');
  await user.click(submit);
  expect(await screen.findByTestId('password-changed')).toHaveTextContent('Az új jelszava él.');
  expect(current).toHaveValue('');
  expect(server.seen('POST /me/password').at(-1)?.body).toEqual({
    currentPassword: 'harang-demo',
    newPassword: 'három kék csavar',
  });
});

it('lists where one is signed in, this device first, and ends one after a question', async () => {
  const server = openAccount();
  server.on('DELETE /me/sessions/s-phone', () => {
    server.on('GET /me/sessions', { items: [here, old] });
    return json(undefined, 204);
  });
  const { user } = await renderPage('/account');
  const rows = await screen.findAllByTestId('session-row');
  expect(rows.map((row) => row.dataset.sessionId)).toEqual(['s-here', 's-phone', 's-old']);
  const [first, second, third] = rows as [HTMLElement, HTMLElement, HTMLElement];
  expect(first).toHaveTextContent(/Firefox, LinuxEz az eszköz.*hálózat: 192\.0\.2\.0\/24/);
  expect(within(first).queryByRole('button')).not.toBeInTheDocument();
  expect(second).toHaveTextContent(/Chrome, AndroidÚj.*utoljára: 4 perce/);
  expect(third).toHaveTextContent('Ismeretlen eszköz');
  expect(third).not.toHaveTextContent('hálózat');
  await user.click(within(second).getByRole('button', { name: 'Kiléptetés: Chrome, Android' }));
  const question = await screen.findByRole('dialog', { name: /Kilépteti/ });
  await user.click(within(question).getByRole('button', { name: 'Kiléptetés' }));
  await waitFor(() => expect(screen.getAllByTestId('session-row')).toHaveLength(2));
});

it('ends all others after a question, and says when there are none', async () => {
  const server = openAccount();
  server.on('DELETE /me/sessions', () => {
    server.on('GET /me/sessions', { items: [here] });
    return json(undefined, 204);
  });
  const { user } = await renderPage('/account');
  await user.click(await screen.findByRole('button', { name: 'A többi kiléptetése' }));
  const question = await screen.findByRole('dialog', { name: /Kilépteti mindet/ });
  await user.click(within(question).getByRole('button', { name: 'A többi kiléptetése' }));
  expect(await screen.findByText('Máshol most nincs bejelentkezve.')).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'A többi kiléptetése' })).not.toBeInTheDocument();
});

it('shows only the screen for a new password after a sign-in with one of somebody else, then what was wanted', async () => {
  const beginner = { ...userOf('OPERATOR'), passwordChangeRequired: true };
  const grant = { accessToken: 'a', expiresIn: 900, user: beginner };
  const server = openShop('OPERATOR')
    .on('POST /auth/refresh', () => problem(401, 'UNAUTHENTICATED'))
    .on('POST /auth/login', grant)
    .on('POST /me/password', () => {
      server.on('POST /auth/refresh', { ...grant, user: userOf('OPERATOR') });
      return json(undefined, 204);
    });
  const { container, router, user } = await renderPage('/stock?severity=CRITICAL');
  await user.type(await screen.findByLabelText('E-mail-cím'), 'a@b.hu');
  await user.type(screen.getByLabelText('Jelszó'), 'kapott-jelszo{Enter}');
  expect(await screen.findByRole('heading', { level: 1, name: 'Új jelszó kell' })).toBeInTheDocument();
  expect(screen.queryByRole('navigation')).not.toBeInTheDocument();
  expect(server.seen('GET /inventory/stock')).toEqual([]);
  expect(await accessibilityProblems(container)).toEqual([]);
  await user.type(screen.getByLabelText('Mostani jelszó'), 'kapott-jelszo');
  await user.type(screen.getByLabelText('Új jelszó'), 'három kék csavar{Enter}');
  expect(await screen.findByRole('heading', { level: 1, name: 'Készlet' })).toBeInTheDocument();
  expect(router.state.location.href).toBe('/stock?severity=CRITICAL');
});

it('shows that screen when any call wants it, and signs out from there', async () => {
  const server = openShop('OPERATOR').on('GET /inventory/stock', () => problem(403, 'PASSWORD_CHANGE_REQUIRED'));
  const { user } = await renderPage('/stock');
  expect(await screen.findByTestId('password-required')).toBeInTheDocument();
  await user.click(screen.getByTestId('logout'));
  expect(await screen.findByText('Kilépett.')).toBeInTheDocument();
  expect(server.seen('POST /auth/logout')).toHaveLength(1);
});

it('goes on with the new password when the server cannot be asked afterwards', async () => {
  const server = openShop('OPERATOR').on('GET /inventory/stock', () => problem(403, 'PASSWORD_CHANGE_REQUIRED'));
  const { user } = await renderPage('/stock');
  await user.type(await screen.findByLabelText('Mostani jelszó'), 'kapott-jelszo');
  server
    .on('POST /me/password', () => json(undefined, 204))
    .on('POST /auth/refresh', () => problem(503, 'UNAVAILABLE'))
    .on('GET /inventory/stock', page([]));
  await user.type(screen.getByLabelText('Új jelszó'), 'három kék csavar{Enter}');
  expect(await screen.findByRole('heading', { level: 1, name: 'Készlet' })).toBeInTheDocument();
});

const account = {
  id: 'u2',
  name: 'Kiss Béla',
  email: 'b@budapest.demo',
  role: 'OPERATOR',
  disabled: false,
  createdAt: minutesAgo(9000),
};

/** A shop in which the password has not been confirmed lately. */
function openUnconfirmed() {
  let confirmed = false;
  const server = openShop('ADMIN').on('GET /admin/users', page([account]));
  server
    .on('POST /auth/reauthenticate', (request) => {
      if ((request.body as { password: string }).password !== 'harang-demo')
        return problem(422, 'PASSWORD_WRONG', { errors: [{ field: 'password', detail: 'is wrong' }] });
      confirmed = true;
      return json(undefined, 204);
    })
    .on('POST /admin/users', (request) =>
      confirmed
        ? json({ ...account, ...(request.body as object), password: 'k7mn-p2xw' }, 201)
        : problem(403, 'REAUTHENTICATION_REQUIRED'),
    );
  return server;
}

async function fillNewUser() {
  const { user } = await renderPage('/users');
  await user.click(await screen.findByRole('button', { name: 'Új felhasználó' }));
  const form = await screen.findByRole('dialog', { name: 'Új felhasználó' });
  await user.type(within(form).getByLabelText('Név'), 'Nagy Pál');
  await user.type(within(form).getByLabelText('E-mail-cím'), 'p@budapest.demo');
  await user.click(within(form).getByRole('button', { name: 'Felvétel' }));
  return { user, form };
}

it('asks for the password where a write needs it, and sends the same write again', async () => {
  const server = openUnconfirmed();
  const { user, form } = await fillNewUser();
  const dialog = await screen.findByRole('dialog', { name: 'Adja meg a jelszavát' });
  expect(await accessibilityProblems(dialog)).toEqual([]);
  await user.type(within(dialog).getByLabelText('Jelszó'), 'rossz{Enter}');
  await waitFor(() =>
    expect(within(dialog).getByLabelText('Jelszó')).toHaveAccessibleDescription('Nem ez a jelszava.'),
  );
  expect(within(dialog).getByLabelText('Jelszó')).toHaveValue('');
  expect(within(form).getByLabelText('Név')).toHaveValue('Nagy Pál');
  await user.type(within(dialog).getByLabelText('Jelszó'), 'harang-demo{Enter}');
  expect(await screen.findByTestId('secret')).toHaveTextContent('k7mn-p2xw');
  expect(screen.queryByRole('dialog', { name: 'Adja meg a jelszavát' })).not.toBeInTheDocument();
  const sent = server.seen('POST /admin/users');
  expect(sent.map(({ body }) => body)).toEqual([
    { name: 'Nagy Pál', email: 'p@budapest.demo', role: 'OPERATOR' },
    { name: 'Nagy Pál', email: 'p@budapest.demo', role: 'OPERATOR' },
  ]);
});

it('leaves the form as it was when nobody confirms', async () => {
  const server = openUnconfirmed();
  const { user, form } = await fillNewUser();
  const dialog = await screen.findByRole('dialog', { name: 'Adja meg a jelszavát' });
  await user.click(within(dialog).getByRole('button', { name: 'Mégse' }));
  expect(await within(form).findByText('Ehhez meg kell adnia a jelszavát. Nem történt semmi.')).toBeInTheDocument();
  expect(within(form).getByLabelText('Név')).toHaveValue('Nagy Pál');
  expect(server.seen('POST /admin/users')).toHaveLength(1);
  await user.click(within(form).getByRole('button', { name: 'Felvétel' }));
  const again = await screen.findByRole('dialog', { name: 'Adja meg a jelszavát' });
  await user.type(within(again).getByLabelText('Jelszó'), 'harang-demo{Enter}');
  expect(await screen.findByTestId('secret')).toBeInTheDocument();
});

it('gives up a write that waits for the password when the session ends', async () => {
  const server = openUnconfirmed();
  await fillNewUser();
  await screen.findByRole('dialog', { name: 'Adja meg a jelszavát' });
  server.on('POST /auth/refresh', () => problem(401, 'UNAUTHENTICATED'));
  await act(() => session.refresh());
  expect(await screen.findByText('A munkamenet véget ért. Lépjen be újra.')).toBeInTheDocument();
  expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
  expect(server.seen('POST /admin/users')).toHaveLength(1);
});
