import { screen, waitFor, within } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import type { Claim } from '../../shared/model';
import { alertOf, json, minutesAgo, openShop, page, paymentOf, problem, stockItems, summary, userOf } from '../../test/fake-server';
import { setOffline } from '../../test/quiet-live';
import { accessibilityProblems, renderPage } from '../../test/render-page';
import { openFailures } from '../../shared/open-failures';
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
  expect(screen.getByText(/kérjen másik kártyát/)).toBeInTheDocument();
  expect(screen.getByText('384 500 Ft')).toBeInTheDocument();
  expect(screen.getByText('Bevétel naponként')).toBeInTheDocument();
  expect(screen.getByRole('heading', { level: 1, name: 'Irányítópult' })).toBeInTheDocument();
  expect(document.title).toBe('Irányítópult · Harang');
  expect(await accessibilityProblems(container)).toEqual([]);
});

it('shows an operator no money: neither asked for nor drawn', async () => {
  const { revenueToday: _1, revenueYesterday: _2, revenueByDay: _3, failedPaymentsToday: _4, failedAmountToday: _5, ...plain } = summary;
  const server = openShop('OPERATOR').on('GET /dashboard/summary', plain);
  await renderPage('/');
  expect(await screen.findByText('Késő bérlések')).toBeInTheDocument();
  expect(await screen.findByText('2 napja késik', { exact: false })).toBeInTheDocument();
  expect(await screen.findByText('Ma jár le')).toBeInTheDocument();
  expect(screen.queryByText('Mai bevétel')).not.toBeInTheDocument();
  expect(screen.queryByText('Fizetési hibák')).not.toBeInTheDocument();
  expect(screen.queryByText('Bevétel, utolsó 14 nap')).not.toBeInTheDocument();
  expect(server.seen('GET /payments')).toEqual([]);
});

it('claims an alert and gives it back', async () => {
  let claim: Claim | null = null;
  const me = userOf('STORE_MANAGER');
  const server = openShop('STORE_MANAGER')
    .on('GET /inventory/alerts', () => json(page([alertOf(makita, { claim })])))
    .on('POST /notifications/event-p1/claim', () => json((claim = { eventId: 'event-p1', by: { id: me.id, name: me.name }, at: minutesAgo(0) })))
    .on('DELETE /notifications/event-p1/claim', () => {
      claim = null;
      return json({ eventId: 'event-p1', by: null, at: minutesAgo(0) });
    });
  const { user } = await renderPage('/');
  await user.click(await screen.findByRole('button', { name: `Intézem: ${makita.productName}` }));
  expect(await screen.findByText('Ön intézi')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: `Elengedem: ${makita.productName}` }));
  expect(await screen.findByRole('button', { name: `Intézem: ${makita.productName}` })).toBeInTheDocument();
  expect(server.seen('POST /notifications/event-p1/claim')[0]?.headers.get('Authorization')).toBe('Bearer token-STORE_MANAGER');
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
    page([alertOf(makita, { since: minutesAgo(12) }), alertOf({ ...honda, expectedAt: new Date(Date.now() + 3 * 86_400_000).toISOString() }, { since: minutesAgo(40) })]),
  );
  await renderPage('/');
  expect(await screen.findByText('12 perce senki')).toBeInTheDocument();
  expect(screen.queryByText('40 perce senki')).not.toBeInTheDocument();
  expect(screen.getByText(/^megrendelve, /)).toBeInTheDocument();
});

it('orders with a date, refuses a past one, and shows the server’s refusal', async () => {
  let refuse = true;
  const server = openShop('OPERATOR').on('PATCH /inventory/stock/p1/vaci', () =>
    refuse ? problem(422, 'INVALID_REQUEST', { errors: [{ field: 'expectedAt', detail: 'must not be in the past' }] }) : json({ ...makita, expectedAt: '2030-01-02T22:59:00.000Z' }),
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
  expect(server.seen('PATCH /inventory/stock/p1/vaci').at(-1)?.body).toEqual({ expectedAt: '2030-01-02T22:59:00.000Z' });
});

it('says what will appear where nothing is', async () => {
  openShop('STORE_MANAGER')
    .on('GET /inventory/alerts', page([]))
    .on('GET /payments', page([]))
    .on('GET /rentals', page([]))
    .on('GET /dashboard/summary', { ...summary, revenueByDay: summary.revenueByDay?.map((day) => ({ ...day, amount: 0 })), failedPaymentsToday: 0, overdue: 0 });
  await renderPage('/');
  expect(await screen.findByText('Minden készlet rendben')).toBeInTheDocument();
  expect(await screen.findByText('Nincs fizetési hiba')).toBeInTheDocument();
  expect(await screen.findByText('Még nincs bérlés')).toBeInTheDocument();
  expect(await screen.findByText(/Az első kifizetett bérlés után/)).toBeInTheDocument();
  expect(screen.getByText('minden átment')).toBeInTheDocument();
});

it('shows an error with its retry, per widget', async () => {
  let broken = true;
  openShop('OPERATOR').on('GET /inventory/alerts', () => (broken ? problem(403, 'FORBIDDEN') : json(page([alertOf(makita)]))));
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

it('shows the chosen place only', async () => {
  openShop('OPERATOR');
  const { user } = await renderPage('/');
  await screen.findAllByTestId('alert-row');
  await user.selectOptions(await screen.findByRole('combobox', { name: 'Telephely' }), 'kelenfold');
  expect(screen.getAllByTestId('alert-row').map((row) => row.dataset.locationId)).toEqual(['kelenfold']);
  await user.selectOptions(screen.getByRole('combobox', { name: 'Telephely' }), '');
  expect(screen.getAllByTestId('alert-row')).toHaveLength(2);
});

it('counts a failure as open until a payment of its rental went through', () => {
  const first = paymentOf({ transactionId: 'a', rentalId: 'x' });
  const again = paymentOf({ transactionId: 'b', rentalId: 'x' });
  const other = paymentOf({ transactionId: 'c', rentalId: 'y' });
  const paid = paymentOf({ transactionId: 'd', rentalId: 'y', status: 'SUCCEEDED', errorCode: null });
  expect(openFailures([again, first, paid, other]).map((each) => each.transactionId)).toEqual(['b']);
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
