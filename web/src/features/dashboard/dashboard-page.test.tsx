import { screen, waitFor, within } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Account } from '../../api/users';
import type { Claim, Role } from '../../shared/model';
import {
  alertOf,
  failureOf,
  foreignFailure,
  json,
  locations,
  minutesAgo,
  openShop,
  page,
  problem,
  products,
  rentalOf,
  stockItems,
  summary,
  userOf,
} from '../../test/fake-server';
import { toDateField } from '../../shared/format';
import { setOffline } from '../../test/quiet-live';
import { accessibilityProblems, renderPage } from '../../test/render-page';
import { niceTop } from './revenue-chart';

vi.mock('../../live/live-provider', () => import('../../test/quiet-live'));
vi.mock('../../live/connection-chip', () => import('../../test/quiet-live'));
vi.mock('../../live/notification-bell', () => import('../../test/quiet-live'));
vi.mock('../../live/toasts', () => import('../../test/quiet-live'));

afterEach(() => setOffline(false));

const [makita, honda] = stockItems;
if (makita === undefined || honda === undefined) throw new Error('fixtures');

it('shows a manager what to do, what happened and how the day is', async () => {
  openShop('STORE_MANAGER');
  const { container } = await renderPage('/');
  const list = await screen.findByTestId('stock-alert-list');
  const rows = await within(list).findAllByTestId('alert-row');
  expect(rows.map((row) => row.dataset.severity)).toEqual(['CRITICAL', 'WARNING']);
  expect(rows[0]).toHaveTextContent('Kritikus');
  expect(rows[0]).toHaveTextContent('0 / 3 db');
  expect(rows[0]).toHaveTextContent('Váci út');
  expect(rows[1]).toHaveTextContent('4 / 5 db');
  expect(await screen.findByText('Nincs elég fedezet a kártyán')).toBeInTheDocument();
  expect(screen.getAllByText(/kérjen másik kártyát/)).toHaveLength(2);
  expect(screen.getByText('384 500 Ft')).toBeInTheDocument();
  expect(screen.getByText('Bevétel naponként')).toBeInTheDocument();
  expect(screen.getByRole('heading', { level: 1, name: 'Irányítópult' })).toBeInTheDocument();
  expect(document.title).toBe('Irányítópult · Harang');
  expect(await accessibilityProblems(container)).toEqual([]);
});

it('shows an operator no money: neither asked for nor drawn', async () => {
  const {
    revenueToday: _1,
    revenueYesterday: _2,
    revenueByDay: _3,
    failedPayments: _4,
    failedAmount: _5,
    failedElsewhere: _6,
    failedPaymentsToday: _7,
    failedAmountToday: _8,
    ...plain
  } = summary;
  const server = openShop('OPERATOR').on('GET /dashboard/summary', plain);
  await renderPage('/');
  expect(await screen.findByText('Lejárt bérlések')).toBeInTheDocument();
  expect(await screen.findByText('2 napja késik', { exact: false })).toBeInTheDocument();
  expect(await screen.findByText('Ma jár le')).toBeInTheDocument();
  expect(screen.queryByText('Mai bevétel')).not.toBeInTheDocument();
  expect(screen.queryByText('Fizetési hibák')).not.toBeInTheDocument();
  expect(screen.queryByText('Bevétel, utolsó 14 nap')).not.toBeInTheDocument();
  expect(server.seen('GET /payments/failures')).toEqual([]);
});

it('shows those at the counter what comes back today and what is late, with the number to call', async () => {
  const inAnHour = new Date(Date.now() + 60_000);
  const lines = [
    { productId: 'p1', productName: 'Makita HR2470', quantity: 3, returned: 1, dailyPrice: 4900 },
    { productId: 'p2', productName: 'Honda EU22i', quantity: 1, returned: 0, dailyPrice: 9900 },
    { productId: 'p3', productName: 'Bosch GBH', quantity: 1, returned: 1, dailyPrice: 4900 },
  ];
  const today = toDateField(new Date());
  const server = openShop('OPERATOR').on('GET /rentals', (request) =>
    json(
      page(
        request.search.get('status') === 'OVERDUE'
          ? [rentalOf({ id: 'r8', partnerName: 'Duna Zrt.', status: 'OVERDUE', dueAt: minutesAgo(2 * 24 * 60) })]
          : [
              // Already in the other list.
              rentalOf({ id: 'r7', status: 'OVERDUE', dueAt: minutesAgo(5) }),
              rentalOf({
                id: 'r9',
                partnerName: 'Alfa Kft.',
                partnerPhone: '06 30 555-0101',
                status: 'OPEN',
                dueAt: inAnHour.toISOString(),
                lines,
              }),
            ],
      ),
    ),
  );
  const { container } = await renderPage('/');
  const [due, ...others] = await within(await screen.findByTestId('due-today')).findAllByTestId('due-row');
  if (due === undefined) throw new Error('no row');
  expect(others).toEqual([]);
  expect(due).toHaveTextContent('2 × Makita HR2470 és még 1 · Váci út');
  expect(within(due).getByRole('link', { name: 'Hívás: Alfa Kft., 06 30 555-0101' })).toHaveAttribute(
    'href',
    'tel:06305550101',
  );
  expect(within(due).getByRole('link', { name: /^\d\d:\d\d-ig/ })).toHaveAttribute('href', '/rentals?rental=r9');
  const late = await within(screen.getByTestId('late-rentals')).findByTestId('due-row');
  expect(late).toHaveTextContent(/2 napja késik.*Duna Zrt\..*nincs telefonszám/);
  const asked = server.seen('GET /rentals').map(({ search }) => Object.fromEntries(search));
  const common = { sort: 'dueAt', limit: '20' };
  expect(asked).toContainEqual({ ...common, status: 'OVERDUE' });
  expect(asked).toContainEqual({ ...common, out: 'true', dueFrom: today, dueTo: today });
  expect(screen.getByRole('link', { name: 'Új bérlés' })).toHaveAttribute('href', '/rentals/new');
  expect(screen.getByTestId('stock-alert-list')).toBeInTheDocument();
  expect(await accessibilityProblems(container)).toEqual([]);
});

it('pays a failed payment at its row', async () => {
  openShop('STORE_MANAGER');
  const { user } = await renderPage('/');
  const [retry] = await screen.findAllByRole('button', { name: /^Fizetés újra/ });
  if (retry === undefined) throw new Error('no button');
  await user.click(retry);
  expect(await screen.findByRole('dialog')).toBeInTheDocument();
});

const accountOf = ({ id, disabled = false }: Pick<Account, 'id'> & Partial<Account>): Account => ({
  id,
  name: id,
  email: `${id}@budapest.demo`,
  role: 'ADMIN',
  disabled,
  createdAt: minutesAgo(60),
});

const emptySummary = { ...summary, stock: { critical: 0, warning: 0, ok: 0 } };
const emptyShop = (role: Role) =>
  openShop(role)
    .on('GET /dashboard/summary', emptySummary)
    .on('GET /inventory/alerts', page([]))
    .on('GET /locations', page([]))
    .on('GET /products', page([]))
    .on('GET /rentals', page([]))
    .on('GET /admin/users', page([accountOf({ id: 'a1' }), accountOf({ id: 'a2', disabled: true })]));

describe('first steps', () => {
  const states = () => screen.getAllByTestId('first-step').map((step) => step.dataset.done);

  it('show an administrator of an empty shop what to do, and no tick over nothing', async () => {
    emptyShop('ADMIN');
    const { container } = await renderPage('/');
    const steps = await screen.findByTestId('first-steps');
    expect(states()).toEqual(['false', 'false', 'false', 'false']);
    expect(steps).toHaveTextContent('Előbb egy telephely kell');
    expect(steps).toHaveTextContent('Most egyedül Ön léphet be.');
    expect(await screen.findAllByText('Még nincs készlet')).toHaveLength(1);
    expect(screen.queryByText('Minden készlet rendben')).not.toBeInTheDocument();
    expect(screen.queryByRole('img', { name: 'Kész' })).not.toBeInTheDocument();
    expect(await accessibilityProblems(container)).toEqual([]);
  });

  it('have the state of the shop’s data', async () => {
    emptyShop('ADMIN')
      .on('GET /locations', page(locations))
      .on('GET /products', page(products))
      .on('GET /admin/users', page([accountOf({ id: 'a1' }), accountOf({ id: 'a2' })]));
    await renderPage('/');
    const steps = await screen.findByTestId('first-steps');
    expect(states()).toEqual(['true', 'false', 'true', 'false']);
    expect(steps).toHaveTextContent('2 telephely');
    expect(steps).toHaveTextContent('3 termék már van, darabszámuk még nincs.');
    expect(steps).toHaveTextContent('2 ember léphet be');
  });

  it('are gone when all are done, and once there is a rental', async () => {
    localStorage.setItem(`harang-test-alert/${userOf('ADMIN').tenantId}/${userOf('ADMIN').id}`, 'x');
    const server = emptyShop('ADMIN')
      .on('GET /dashboard/summary', summary)
      .on('GET /locations', page(locations))
      .on('GET /products', page(products))
      .on('GET /admin/users', page([accountOf({ id: 'a1' }), accountOf({ id: 'a2' })]));
    await renderPage('/');
    await waitFor(() => expect(server.seen('GET /admin/users')).not.toEqual([]));
    expect(await screen.findByText('Minden készlet rendben')).toBeInTheDocument();
    expect(screen.queryByTestId('first-steps')).not.toBeInTheDocument();
    localStorage.clear();
  });

  it('are nobody else’s', async () => {
    const server = emptyShop('OPERATOR');
    await renderPage('/');
    expect(await screen.findByText('Még nincs készlet')).toBeInTheDocument();
    expect(screen.queryByTestId('first-steps')).not.toBeInTheDocument();
    expect(server.seen('GET /admin/users')).toEqual([]);
  });
});

it('opens from each figure exactly what it counts', async () => {
  openShop('STORE_MANAGER');
  await renderPage('/');
  const day = await screen.findByRole('region', { name: 'A mai nap' });
  const today = toDateField(new Date());
  const target = async (name: RegExp) =>
    new URL((await within(day).findByRole('link', { name })).getAttribute('href') ?? '', 'http://shop.test');
  const open = await target(/^Kint lévő bérlések/);
  expect([open.pathname, open.search]).toEqual(['/rentals', '?out=true']);
  const due = await target(/ma 6 jár le/);
  expect(Object.fromEntries(due.searchParams)).toEqual({ out: 'true', dueFrom: today, dueTo: today });
  expect((await target(/2 késik/)).search).toBe('?status=OVERDUE');
  expect((await target(/^Mai bevétel/)).pathname).toBe('/payments/closing');
  expect((await target(/^Elintézendő fizetés/)).search).toBe('?status=TODO');
  expect(day).toHaveTextContent('58 700 Ft kockán forogebből 1 másik programé');
});

it('tells when there are more alerts than it shows', async () => {
  openShop('OPERATOR').on('GET /inventory/alerts', page([alertOf(makita), alertOf(honda)], 'next'));
  await renderPage('/');
  const list = await screen.findByTestId('stock-alert-list');
  expect(await within(list).findByRole('heading', { name: /^Készletriasztások\s*2\+$/ })).toBeInTheDocument();
  expect(within(list).getByRole('link', { name: /^2 látszik, a legsürgősebbek/ })).toHaveAttribute(
    'href',
    '/stock?severity=WARNING',
  );
});

it('claims an alert and gives it back', async () => {
  let claim: Claim | null = null;
  const me = userOf('STORE_MANAGER');
  const server = openShop('STORE_MANAGER')
    .on('GET /inventory/alerts', () => json(page([alertOf(makita, { claim })])))
    .on('POST /notifications/event-p1/claim', () =>
      json((claim = { eventId: 'event-p1', by: { id: me.id, name: me.name }, at: minutesAgo(0) })),
    )
    .on('DELETE /notifications/event-p1/claim', () => {
      claim = null;
      return json({ eventId: 'event-p1', by: null, at: minutesAgo(0) });
    });
  const { user } = await renderPage('/');
  await user.click(await screen.findByRole('button', { name: `Intézem: ${makita.productName}` }));
  expect(await screen.findByText('Ön intézi')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: `Elengedem: ${makita.productName}` }));
  expect(await screen.findByRole('button', { name: `Intézem: ${makita.productName}` })).toBeInTheDocument();
  expect(server.seen('POST /notifications/event-p1/claim')[0]?.headers.get('Authorization')).toBe(
    'Bearer token-STORE_MANAGER',
  );
});

it('tells when someone else was quicker, and who', async () => {
  let claim: Claim | null = null;
  openShop('OPERATOR')
    .on('GET /inventory/alerts', () => json(page([alertOf(makita, { claim })])))
    .on('POST /notifications/event-p1/claim', () => {
      claim = { eventId: 'event-p1', by: { id: 'other', name: 'Kiss Admin' }, at: minutesAgo(1) };
      return problem(409, 'ALREADY_CLAIMED');
    });
  const { user } = await renderPage('/');
  await user.click(await screen.findByRole('button', { name: /Intézem/ }));
  expect(await screen.findByText('Közben valaki más már intézi.')).toBeInTheDocument();
  expect(await screen.findByText('Kiss Admin intézi')).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: /Elengedem/ })).not.toBeInTheDocument();
});

it('marks an alert that nobody took for ten minutes, not one that is ordered', async () => {
  openShop('OPERATOR').on(
    'GET /inventory/alerts',
    page([
      alertOf(makita, { since: minutesAgo(12) }),
      alertOf({ ...honda, expectedAt: new Date(Date.now() + 3 * 86_400_000).toISOString() }, { since: minutesAgo(40) }),
    ]),
  );
  await renderPage('/');
  expect(await screen.findByText('12 perce senki sem intézi')).toBeInTheDocument();
  expect(screen.queryByText('40 perce senki sem intézi')).not.toBeInTheDocument();
  expect(screen.getByText(/^megrendelve, /)).toBeInTheDocument();
});

it('orders with a date, refuses a past one, and shows the server’s refusal', async () => {
  let refuse = true;
  const server = openShop('OPERATOR').on('PATCH /inventory/stock/p1/vaci', () =>
    refuse
      ? problem(422, 'INVALID_REQUEST', { errors: [{ field: 'expectedAt', detail: 'must not be in the past' }] })
      : json({ ...makita, expectedAt: '2030-01-02T22:59:00.000Z' }),
  );
  const { user } = await renderPage('/');
  const list = await screen.findByTestId('stock-alert-list');
  const [row] = await within(list).findAllByTestId('alert-row');
  if (row === undefined) throw new Error('no row');
  await user.click(within(row).getByRole('button', { name: 'Megrendelve' }));
  const date = await screen.findByLabelText('Mikorra várható?', { selector: 'input' });
  const submit = within(screen.getByRole('dialog')).getByRole('button', { name: 'Megrendelve' });
  await user.clear(date);
  await user.type(date, '2020-01-01');
  await user.click(submit);
  expect(await screen.findByText('Mai vagy későbbi napot adjon meg.')).toBeInTheDocument();
  expect(server.seen('PATCH /inventory/stock/p1/vaci')).toEqual([]);
  await user.clear(date);
  await user.type(date, '2030-01-02');
  await user.click(submit);
  expect(await screen.findByText('Ezt az értéket a szerver nem fogadta el.')).toBeInTheDocument();
  refuse = false;
  await user.click(submit);
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  expect(server.seen('PATCH /inventory/stock/p1/vaci').at(-1)?.body).toEqual({
    expectedAt: '2030-01-02T22:59:00.000Z',
  });
});

it('says what will appear where nothing is', async () => {
  openShop('STORE_MANAGER')
    .on('GET /inventory/alerts', page([]))
    .on('GET /payments/failures', page([]))
    .on('GET /rentals', page([]))
    .on('GET /dashboard/summary', {
      ...summary,
      revenueByDay: summary.revenueByDay?.map((day) => ({ ...day, amount: 0 })),
      failedPayments: 0,
      overdue: 0,
    });
  await renderPage('/');
  expect(await screen.findByText('Minden készlet rendben')).toBeInTheDocument();
  expect(await screen.findByText('Nincs fizetési hiba')).toBeInTheDocument();
  expect(await screen.findByText('Még nincs bérlés')).toBeInTheDocument();
  expect(await screen.findByText(/Az első kifizetett bérlés után/)).toBeInTheDocument();
  expect(screen.getByText('minden átment')).toBeInTheDocument();
});

it('shows an error with its retry, per widget', async () => {
  let broken = true;
  openShop('OPERATOR').on('GET /inventory/alerts', () =>
    broken ? problem(403, 'FORBIDDEN') : json(page([alertOf(makita)])),
  );
  const { user } = await renderPage('/');
  const list = await screen.findByTestId('stock-alert-list');
  expect(await within(list).findByText('Ehhez nincs jogosultsága.')).toBeInTheDocument();
  broken = false;
  await user.click(within(list).getByRole('button', { name: 'Újra' }));
  expect(await within(list).findByTestId('alert-row')).toBeInTheDocument();
});

it('dims and tells its age while events cannot arrive', async () => {
  openShop('STORE_MANAGER');
  setOffline(true);
  await renderPage('/');
  const list = await screen.findByTestId('stock-alert-list');
  await within(list).findAllByTestId('alert-row');
  expect(list).toHaveAttribute('data-offline', 'true');
  expect(list).toHaveTextContent('Adatok: most');
});

it('shows the chosen location only', async () => {
  const server = openShop('STORE_MANAGER');
  const { user } = await renderPage('/');
  await screen.findAllByTestId('alert-row');
  await user.selectOptions(await screen.findByRole('combobox', { name: 'Telephely' }), 'kelenfold');
  expect(screen.getAllByTestId('alert-row').map((row) => row.dataset.locationId)).toEqual(['kelenfold']);
  await waitFor(() => expect(server.seen('GET /dashboard/summary').at(-1)?.search.get('locationId')).toBe('kelenfold'));
  expect(server.seen('GET /rentals').at(-1)?.search.get('locationId')).toBe('kelenfold');
  expect(await screen.findByText('Még nincs bérlés')).toBeInTheDocument();
  expect(server.seen('GET /payments/failures').at(-1)?.search.get('locationId')).toBe('kelenfold');
  await user.selectOptions(screen.getByRole('combobox', { name: 'Telephely' }), '');
  expect(screen.getAllByTestId('alert-row')).toHaveLength(2);
});

it('lists failed payments, ours and other programs’, with the next step and who deals with it', async () => {
  let claim: Claim | null = null;
  const me = userOf('STORE_MANAGER');
  const claimed = (eventId: string) => ({ eventId, by: { id: me.id, name: me.name }, at: minutesAgo(0) });
  const server = openShop('STORE_MANAGER')
    .on('GET /payments/failures', () =>
      json(
        page([
          { ...foreignFailure, claim },
          failureOf({ timestamp: minutesAgo(14.5) }),
          failureOf({
            eventId: 'e3',
            transactionId: 't3',
            rentalId: 'r3',
            claim: { ...claimed('e0'), by: { id: 'other', name: 'Kiss Admin' } },
          }),
        ]),
      ),
    )
    .on('POST /notifications/event-erp/claim', () => json((claim = claimed('event-erp'))))
    .on('DELETE /notifications/event-erp/claim', () => {
      claim = null;
      return json({ eventId: 'event-erp', by: null, at: minutesAgo(0) });
    });
  const { user } = await renderPage('/');
  const list = await screen.findByTestId('payment-failures');
  const rows = await within(list).findAllByTestId('failure-row');
  expect(rows.map((row) => row.dataset.transactionId)).toEqual(['erp-1', 't1', 't3']);
  expect(rows[0]).toHaveTextContent('A terminál nem válaszol');
  expect(rows[0]).toHaveTextContent('Duna Mélyépítő Zrt. · kérjen másik kártyát');
  expect(rows[0]).toHaveTextContent('másik program jelezte');
  expect(rows[0]).toHaveTextContent('9 800 Ft');
  expect(within(list).queryByRole('link', { name: 'A terminál nem válaszol' })).not.toBeInTheDocument();
  expect(rows[1]).toHaveTextContent('14 perce senki sem intézi');
  expect(rows[1]).not.toHaveTextContent('másik program');
  expect(rows[2]).toHaveTextContent('Kiss Admin intézi');
  expect(within(list).getAllByRole('button', { name: /^Intézem/ })).toHaveLength(2);
  expect(within(list).getAllByRole('button', { name: /^Fizetés újra/ })).toHaveLength(2);
  await user.click(within(list).getByRole('button', { name: /^Intézem: Duna Mélyépítő/ }));
  expect(await within(list).findByText('Ön intézi')).toBeInTheDocument();
  await user.click(within(list).getByRole('button', { name: /^Elengedem: Duna Mélyépítő/ }));
  expect(await within(list).findByRole('button', { name: /^Intézem: Duna Mélyépítő/ })).toBeInTheDocument();
  expect(server.seen('DELETE /notifications/event-erp/claim')).toHaveLength(1);
});

it('shows four failed payments and says how many more there are', async () => {
  openShop('STORE_MANAGER').on(
    'GET /payments/failures',
    page([1, 2, 3, 4, 5, 6].map((n) => failureOf({ eventId: `e${n}`, transactionId: `t${n}`, rentalId: `r${n}` }))),
  );
  await renderPage('/');
  const list = await screen.findByTestId('payment-failures');
  await waitFor(() => expect(within(list).getAllByTestId('failure-row')).toHaveLength(4));
  expect(within(list).getByRole('link', { name: 'Még 2' })).toHaveAttribute('href', '/payments?status=TODO');
});

it('scales the chart to a round figure at or above the highest day', () => {
  expect(niceTop(0)).toBe(4);
  expect(niceTop(510_000)).toBe(600_000);
  expect(niceTop(9)).toBe(10);
  for (const highest of [1, 7, 99, 12_345, 999_999, 4_000_001]) {
    expect(niceTop(highest)).toBeGreaterThanOrEqual(highest);
    expect(niceTop(highest)).toBeLessThanOrEqual(highest * 2.01 + 3);
  }
});
