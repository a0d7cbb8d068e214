import { screen, waitFor, within } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { toDateField } from '../../shared/format';
import { json, locations, openShop, page, problem, rentalOf, rentalPaymentOf } from '../../test/fake-server';
import { setOffline } from '../../test/quiet-live';
import { accessibilityProblems, renderPage } from '../../test/render-page';

vi.mock('../../live/live-provider', () => import('../../test/quiet-live'));
vi.mock('../../live/connection-chip', () => import('../../test/quiet-live'));
vi.mock('../../live/notification-bell', () => import('../../test/quiet-live'));
vi.mock('../../live/toasts', () => import('../../test/quiet-live'));

afterEach(() => setOffline(false));

async function rowOf(id: string): Promise<HTMLElement> {
  const row = (await screen.findAllByTestId('rental-row')).find((each) => each.dataset.rentalId === id);
  if (row === undefined) throw new Error(`no row of ${id}`);
  return row;
}

it('lists rentals with partner, items, due day and amount', async () => {
  openShop('OPERATOR');
  const { container } = await renderPage('/rentals');
  const row = await rowOf('r1');
  expect(row).toHaveTextContent('Béta Bau Bt.');
  expect(row).toHaveTextContent('1 × Makita HR2470 fúrókalapács, 1 × Honda EU22i áramfejlesztő +1 további');
  expect(row).toHaveTextContent('42 000 Ft');
  expect(row).toHaveTextContent(/lejár: /);
  expect(await rowOf('r3')).toHaveTextContent('2 napja késik');
  expect(await accessibilityProblems(container)).toEqual([]);
});

it('filters by status at the server', async () => {
  const server = openShop('OPERATOR');
  const { user, router } = await renderPage('/rentals');
  await rowOf('r1');
  await user.click(screen.getByRole('radio', { name: 'Késik' }));
  await waitFor(() => expect(screen.getAllByTestId('rental-row')).toHaveLength(1));
  expect(server.seen('GET /rentals').at(-1)?.search.get('status')).toBe('OVERDUE');
  expect(router.state.location.search).toEqual({ status: 'OVERDUE' });
  await user.click(screen.getByRole('radio', { name: 'Lemondva' }));
  expect(await screen.findByText('Nincs ilyen állapotú bérlés')).toBeInTheDocument();
  await user.click(screen.getByRole('radio', { name: 'Mind' }));
  await waitFor(() => expect(screen.getAllByTestId('rental-row')).toHaveLength(3));
});

it('searches as it is typed: the words are in the address, and Back brings the field along', async () => {
  const server = openShop('OPERATOR');
  const { user, router } = await renderPage('/rentals?status=OPEN');
  const field = await screen.findByTestId('rental-search');
  await user.type(field, 'b-2026-000123 ');
  await waitFor(() => expect(router.state.location.search).toEqual({ status: 'OPEN', search: 'b-2026-000123' }));
  await waitFor(() => expect(server.seen('GET /rentals').at(-1)?.search.get('search')).toBe('b-2026-000123'));
  expect(server.seen('GET /rentals').at(-1)?.search.get('sort')).toBe('overdue');
  expect((await screen.findAllByTestId('rental-number'))[0]).toHaveTextContent('B-2026-000123');
  await user.selectOptions(screen.getByRole('combobox', { name: 'Sorrend' }), 'Legújabb elöl');
  await waitFor(() => expect(server.seen('GET /rentals').at(-1)?.search.get('sort')).toBe('-createdAt'));
  await user.clear(field);
  await waitFor(() => expect(router.state.location.search).toEqual({ status: 'OPEN', sort: '-createdAt' }));
});

it('goes on by itself while a step of a search has nothing, and says so when there is nothing at all', async () => {
  const server = openShop('OPERATOR').on('GET /rentals', (request) => {
    const cursor = request.search.get('cursor');
    if (request.search.get('search') === 'semmi') return json(page([]));
    if (cursor === null) return json({ items: [], nextCursor: 'a' });
    return json(cursor === 'a' ? { items: [], nextCursor: 'b' } : page([rentalOf({ id: 'old' })]));
  });
  const { user } = await renderPage('/rentals?search=daru');
  expect(await rowOf('old')).toBeInTheDocument();
  const cursors = server.seen('GET /rentals').map((request) => request.search.get('cursor'));
  expect([...new Set(cursors)]).toEqual([null, 'a', 'b']);
  await user.clear(screen.getByTestId('rental-search'));
  await user.type(screen.getByTestId('rental-search'), 'semmi');
  expect(await screen.findByText('Nincs találat')).toBeInTheDocument();
});

it('chooses the days on which rentals are due', async () => {
  const server = openShop('OPERATOR');
  const { user, router } = await renderPage('/rentals');
  const today = toDateField(new Date());
  await user.click(await screen.findByTestId('day-range'));
  await user.click(screen.getByRole('button', { name: 'Ma' }));
  await waitFor(() => expect(router.state.location.search).toEqual({ dueFrom: today, dueTo: today }));
  await waitFor(() => expect(server.seen('GET /rentals').at(-1)?.search.get('sort')).toBe('dueAt'));
  await user.click(screen.getByRole('button', { name: 'Bármikor' }));
  await waitFor(() => expect(router.state.location.search).toEqual({}));
});

it('prints a slip: number, lines, return hour, conditions', async () => {
  const rental = rentalOf({ id: 'r9', partnerPhone: '+36 30 123 4567', dueAt: '2026-12-02T16:00:00Z' });
  openShop('OPERATOR')
    .on('GET /rentals/r9', rental)
    .on('GET /locations', page(locations.map((each) => ({ ...each, rentalTerms: 'Kaució: 20 000 Ft' }))));
  const { user, router, container } = await renderPage('/rentals?rental=r9');
  await user.click(await screen.findByTestId('rental-slip'));
  const slip = await screen.findByTestId('slip');
  expect(router.state.location.href).toBe('/rentals/slip?rental=r9');
  expect(within(slip).getByTestId('rental-number')).toHaveTextContent('B-2026-000123');
  expect(within(slip).getByTestId('slip-due')).toHaveTextContent(/szerda.*17:00/);
  for (const line of rental.lines) expect(slip).toHaveTextContent(line.productName);
  expect(slip).toHaveTextContent('+36 30 123 4567');
  expect(await within(slip).findByTestId('slip-terms')).toHaveTextContent('Kaució: 20 000 Ft');
  expect(await accessibilityProblems(container)).toEqual([]);
});

it('lists exactly what is due on the days of the address, out or late', async () => {
  const server = openShop('OPERATOR');
  const today = toDateField(new Date());
  const { user, router } = await renderPage(`/rentals?out=true&dueFrom=${today}&dueTo=${today}`);
  await rowOf('r1');
  const asked = server.seen('GET /rentals').at(-1)?.search;
  expect(asked?.get('out')).toBe('true');
  expect([asked?.get('dueFrom'), asked?.get('dueTo')]).toEqual([today, today]);
  await user.click(screen.getByRole('button', { name: /^Kint lévő bérlések · Ma jár le/ }));
  await waitFor(() => expect(router.state.location.search).toEqual({}));
  await waitFor(() => expect(server.seen('GET /rentals').at(-1)?.search.get('out')).toBeNull());
});

it('opens the record that a link names, and closes it again', async () => {
  openShop('OPERATOR').on(
    'GET /rentals/r2',
    rentalOf({
      id: 'r2',
      status: 'AWAITING_PAYMENT',
      payment: rentalPaymentOf({ errorCode: 'iso:54', errorMessage: 'x' }),
    }),
  );
  const { user, router } = await renderPage('/rentals?rental=r2');
  const dialog = await screen.findByRole('dialog');
  expect(await within(dialog).findByText('A kártya lejárt')).toBeInTheDocument();
  expect(within(dialog).getByText('kérjen másik kártyát')).toBeInTheDocument();
  expect(within(dialog).getByText('Bosch GBH 2-26 fúrókalapács')).toBeInTheDocument();
  await user.click(within(dialog).getByRole('button', { name: 'Bezárás' }));
  await waitFor(() => expect(router.state.location.search).toEqual({}));
});

it('opens a record from its row, and says when it is gone', async () => {
  openShop('OPERATOR');
  const { user } = await renderPage('/rentals');
  await user.click(within(await rowOf('r1')).getByRole('link', { name: 'Részletek: Béta Bau Bt.' }));
  expect(await within(await screen.findByRole('dialog')).findByText('Ez már nem található.')).toBeInTheDocument();
});

it('pays a waiting rental: declined first, then in cash, in steps of 5 Ft', async () => {
  let waiting = true;
  const server = openShop('OPERATOR')
    .on('GET /rentals/r2', () =>
      json(rentalOf({ id: 'r2', status: waiting ? 'AWAITING_PAYMENT' : 'OPEN', totalValue: 18_902 })),
    )
    .on('POST /payments', (request) => {
      if ((request.body as { method: string }).method === 'CARD')
        return problem(402, 'PAYMENT_DECLINED', {
          transactionId: 't9',
          errorCode: 'sandbox:do_not_honour',
          errorMessage: 'x',
        });
      waiting = false;
      return json({ transactionId: 't10', status: 'SUCCEEDED' }, 201);
    });
  const { user } = await renderPage('/rentals');
  await user.click(within(await rowOf('r2')).getByRole('button', { name: 'Fizetés' }));
  await user.selectOptions(await screen.findByTestId('pay-card-token'), 'tok_do_not_honour');
  await user.click(screen.getByTestId('pay-submit'));
  expect(await screen.findByText(/elutasította/)).toBeInTheDocument();
  await user.selectOptions(screen.getByTestId('pay-method'), 'CASH');
  await user.click(screen.getByTestId('pay-submit'));
  expect(await screen.findByText('A fizetés sikerült')).toBeInTheDocument();
  const [card, cash] = server.seen('POST /payments');
  expect(card?.body).toEqual({ rentalId: 'r2', amount: 18_902, method: 'CARD', cardToken: 'tok_do_not_honour' });
  expect(cash?.body).toEqual({ rentalId: 'r2', amount: 18_900, method: 'CASH' });
  expect(card?.headers.get('Idempotency-Key')).not.toBe(cash?.headers.get('Idempotency-Key'));
});

it('says that it was paid, and nothing else, also when the rental leaves the list of those that wait', async () => {
  let paid = false;
  openShop('OPERATOR')
    .on('GET /rentals', () => json(page(paid ? [] : [rentalOf({ id: 'r2', status: 'AWAITING_PAYMENT' })])))
    .on('GET /rentals/r2', () => json(rentalOf({ id: 'r2', status: paid ? 'OPEN' : 'AWAITING_PAYMENT' })))
    .on('POST /payments', () => {
      paid = true;
      return json({ transactionId: 't', status: 'SUCCEEDED' }, 201);
    });
  const { user } = await renderPage('/rentals?status=AWAITING_PAYMENT');
  await user.click(within(await rowOf('r2')).getByRole('button', { name: 'Fizetés' }));
  await screen.findByTestId('pay-card-token');
  const seen: string[] = [];
  const watch = new MutationObserver(() => seen.push(screen.queryByRole('dialog')?.textContent ?? ''));
  watch.observe(document.body, { childList: true, subtree: true, characterData: true });
  await user.click(screen.getByTestId('pay-submit'));
  await waitFor(() => expect(screen.queryByTestId('rental-row')).not.toBeInTheDocument());
  watch.disconnect();
  expect(screen.getByText('A fizetés sikerült')).toBeInTheDocument();
  expect(seen.filter((text) => text.includes('nincs tartozása'))).toEqual([]);
});

it('offers no payment for a rental that someone else has just paid', async () => {
  openShop('OPERATOR').on('GET /rentals/r2', rentalOf({ id: 'r2', status: 'OPEN', paidAmount: 42_000 }));
  const { user } = await renderPage('/rentals');
  await user.click(within(await rowOf('r2')).getByRole('button', { name: 'Fizetés' }));
  expect(await screen.findByText('Ennek a bérlésnek nincs tartozása.')).toBeInTheDocument();
});

it('dims while offline', async () => {
  openShop('OPERATOR');
  setOffline(true);
  await renderPage('/rentals');
  await rowOf('r1');
  expect(screen.getByText('Adatok: most')).toBeInTheDocument();
});

it('lists those that owe with what they owe in all, and the address says so', async () => {
  const server = openShop('OPERATOR').on('GET /rentals', (request) =>
    json({
      ...page(request.search.get('owed') === 'true' ? [rentalOf()] : [rentalOf(), rentalOf({ id: 'r2' })]),
      ...(request.search.get('owed') === 'true' && { owedTotal: 1_234_567 }),
    }),
  );
  const { user, router } = await renderPage('/rentals');
  await rowOf('r2');
  expect(screen.queryByTestId('owed-total')).not.toBeInTheDocument();
  await user.click(screen.getByRole('radio', { name: 'Tartozik' }));
  expect(await screen.findByTestId('owed-total')).toHaveTextContent('Összes tartozás: 1 234 567 Ft');
  expect(screen.getAllByTestId('rental-row')).toHaveLength(1);
  expect(router.state.location.search).toEqual({ owed: true });
  expect(server.seen('GET /rentals').at(-1)?.search.get('status')).toBeNull();
  await user.click(screen.getByRole('radio', { name: 'Késik' }));
  await waitFor(() => expect(router.state.location.search).toEqual({ status: 'OVERDUE' }));
});

it('names the time at which a rental is due, and is late from then on, before the server has marked it', async () => {
  const now = new Date('2026-11-23T16:59:30+01:00');
  vi.useFakeTimers({ toFake: ['Date'], now });
  openShop('OPERATOR').on(
    'GET /rentals',
    page([rentalOf({ dueAt: '2026-11-23T16:00:00.000Z', createdAt: '2026-11-20T08:00:00.000Z' })]),
  );
  await renderPage('/rentals');
  expect(await rowOf('r1')).toHaveTextContent('ma 17:00-kor jár le');
  vi.setSystemTime(new Date('2026-11-23T17:00:00+01:00'));
  document.dispatchEvent(new Event('visibilitychange'));
  await waitFor(() => expect(screen.getByTestId('rental-row')).toHaveTextContent('17:00 óta késik'));
  expect(screen.getByTestId('rental-row')).toHaveAttribute('data-status', 'OVERDUE');
  vi.useRealTimers();
});
