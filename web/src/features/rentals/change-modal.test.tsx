import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import returnCases from '../../../../contract/return-instants.json';
import type { Refund, Rental } from '../../shared/model';
import {
  type FakeServer,
  json,
  locations,
  openShop,
  page,
  problem,
  rentalOf,
  rentalPaymentOf,
  type SeenRequest,
} from '../../test/fake-server';
import { accessibilityProblems, renderPage } from '../../test/render-page';

vi.mock('../../live/live-provider', () => import('../../test/quiet-live'));
vi.mock('../../live/connection-chip', () => import('../../test/quiet-live'));
vi.mock('../../live/notification-bell', () => import('../../test/quiet-live'));
vi.mock('../../live/toasts', () => import('../../test/quiet-live'));

const line = (productId: string, quantity: number, returned = 0) => ({
  productId,
  productName: `Gép ${productId}`,
  quantity,
  returned,
  dailyPrice: 1000,
});

function refundOf(more: Partial<Refund> = {}): Refund {
  return {
    id: 'f1',
    transactionId: 't1',
    rentalId: 'r1',
    partnerId: 'beta',
    partnerName: 'Béta Bau Bt.',
    locationId: 'vaci',
    amount: 2000,
    roundingAmount: 0,
    currency: 'HUF',
    method: 'CASH',
    status: 'SUCCEEDED',
    errorCode: null,
    errorMessage: null,
    createdBy: { id: 'u1', name: 'Szabó Katalin' },
    createdAt: new Date().toISOString(),
    settledAt: new Date().toISOString(),
    retryAt: null,
    ...more,
  };
}

/** A shop with one rental, and what its server answers to a change of it. */
function openWith(
  first: Rental,
  kind: string,
  answer: (request: SeenRequest, dryRun: boolean) => Rental | Response,
): FakeServer {
  let rental: Rental = { refunds: [], ...first };
  return openShop('STORE_MANAGER')
    .on('GET /rentals', () => json(page([{ ...rental, refunds: undefined }])))
    .on('GET /rentals/r1', () => json(rental))
    .on(`POST /rentals/r1/${kind}`, (request) => {
      const dryRun = request.search.get('dryRun') === 'true';
      const after = answer(request, dryRun);
      if (after instanceof Response) return after;
      if (!dryRun) rental = after;
      return json(after);
    });
}

const made = (server: FakeServer, kind: string) =>
  server.seen(`POST /rentals/r1/${kind}`).filter(({ search }) => search.get('dryRun') === null);

async function open(button: string) {
  const view = await renderPage('/rentals');
  const row = await screen.findByTestId('rental-row');
  await view.user.click(within(row).getByRole('button', { name: button }));
  return { ...view, dialog: await screen.findByRole('dialog') };
}

const submit = () => screen.getByTestId('change-submit');
const ready = () => waitFor(() => expect(submit()).not.toHaveAttribute('aria-disabled'));

it('takes everything back after asking once, and nothing when it is left', async () => {
  const paid = rentalOf({ paidAmount: 42_000 });
  const server = openWith(paid, 'return', () => ({ ...paid, refunds: [], status: 'RETURNED' }));
  const { user, dialog } = await open('Visszavétel');
  await ready();
  await waitFor(() => expect(submit()).toHaveFocus());
  expect(dialog).toHaveTextContent('Minden kint lévő darab visszakerül a készletbe.');
  expect(dialog).toHaveTextContent('Ki van fizetve, a pénzzel nincs teendő.');
  expect(await accessibilityProblems(dialog)).toEqual([]);
  await user.click(within(dialog).getByRole('button', { name: 'Mégse' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  expect(made(server, 'return')).toEqual([]);
  await waitFor(() => expect(screen.getByTestId('rental-return')).toHaveFocus());
  await user.click(screen.getByTestId('rental-return'));
  await ready();
  await user.click(submit());
  await waitFor(() => expect(screen.getByTestId('rental-row')).toHaveAttribute('data-status', 'RETURNED'));
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  const [request] = made(server, 'return');
  expect(request?.body).toEqual({
    lines: ['p1', 'p2', 'p3'].map((productId) => ({ productId, quantity: 1 })),
    credit: false,
  });
  expect(request?.headers.get('Idempotency-Key')).not.toBeNull();
  await waitFor(() => expect(screen.getByTestId('rental-row').contains(document.activeElement)).toBe(true));
});

it('takes a part back with credit: says who gets what back before and after, and shows what is still out', async () => {
  const rental = rentalOf({
    lines: [line('a', 3), line('b', 2, 1)],
    equipmentCount: 5,
    totalValue: 20_000,
    paidAmount: 20_000,
    refunds: [refundOf({ id: 'old' })],
  });
  const server = openWith(rental, 'return', (request, dryRun) => {
    const { credit, lines } = request.body as { credit: boolean; lines: { quantity: number }[] };
    const back = lines.reduce((sum, { quantity }) => sum + quantity, 0);
    const amount = credit ? back * 3000 : 0;
    return {
      ...rental,
      totalValue: 20_000 - amount,
      paidAmount: 20_000 - amount,
      owedAmount: 0,
      lines: dryRun ? rental.lines : [line('a', 3, 1), line('b', 2, 1)],
      refunds: [
        refundOf({ id: 'old' }),
        ...(amount > 0
          ? [
              refundOf({ id: `c${String(dryRun)}`, amount: 1000 }),
              refundOf({
                id: `d${String(dryRun)}`,
                method: 'CARD',
                status: 'PENDING',
                amount: amount - 1000,
                settledAt: null,
              }),
            ]
          : []),
      ],
    };
  });
  const { user, dialog } = await open('Visszavétel');
  await ready();
  const [first, second] = within(dialog).getAllByTestId('return-quantity');
  expect(first).toHaveValue('3');
  expect(second).toHaveValue('1');
  const firstQuantity = () =>
    within(within(dialog).getAllByTestId('return-line').at(0) ?? dialog).getByTestId('return-quantity');
  await user.click(within(dialog).getByRole('button', { name: 'Egyik sem' }));
  expect(submit()).toBeDisabled();
  expect(dialog).toHaveTextContent('Adja meg, hány darab jött vissza.');
  await user.clear(firstQuantity());
  await user.type(firstQuantity(), '4');
  expect(dialog).toHaveTextContent('0 és 3 közötti egész számot adjon meg.');
  await user.clear(firstQuantity());
  await user.type(firstQuantity(), '1');
  await user.click(within(dialog).getByRole('switch', { name: 'A fel nem használt napok jóváírása' }));
  await waitFor(() => expect(within(dialog).getAllByTestId('change-refund')).toHaveLength(2));
  expect(dialog).toHaveTextContent('1 db kerül vissza a készletbe, 3 db kint marad.');
  expect(within(dialog).getByTestId('change-outcome')).toHaveTextContent(
    /Ár20\s000\sFt → 17\s000\sFt.*Adjon vissza készpénzben1\s000\sFt.*Visszamegy a kártyára2\s000\sFt/,
  );
  await user.click(submit());
  const done = await screen.findByTestId('change-done');
  expect(done).toHaveTextContent('Adjon vissza 1 000 Ft készpénzt.');
  expect(
    within(done)
      .getAllByTestId('refund-row')
      .map((each) => each.dataset.status),
  ).toEqual(['SUCCEEDED', 'PENDING']);
  expect(made(server, 'return').map(({ body }) => body)).toEqual([
    { lines: [{ productId: 'a', quantity: 1 }], credit: true },
  ]);
  await user.click(within(done).getByText('Bezárás'));
  expect(await screen.findByText('5 db-ból 3 van kint', { exact: false })).toBeInTheDocument();
});

it('names what is still owed at the return, and offers to pay it', async () => {
  const rental = rentalOf({ totalValue: 18_902 });
  const server = openWith(rental, 'return', () => ({ ...rental, refunds: [], status: 'RETURNED' })).on(
    'POST /payments',
    () => json({ transactionId: 't11', status: 'SUCCEEDED' }, 201),
  );
  const { user } = await open('Visszavétel');
  await waitFor(() => expect(screen.getByTestId('change-outcome')).toHaveTextContent(/Még fizetendő18\s902\sFt/));
  await user.click(submit());
  expect(await screen.findByText('Még 18 902 Ft a tartozás.')).toBeInTheDocument();
  await user.click(screen.getByTestId('change-pay'));
  await user.selectOptions(await screen.findByTestId('pay-method'), 'CASH');
  await user.click(screen.getByTestId('pay-submit'));
  expect(await screen.findByText('A fizetés sikerült')).toBeInTheDocument();
  expect(server.seen('POST /payments').at(-1)?.body).toEqual({ rentalId: 'r1', amount: 18_900, method: 'CASH' });
});

it('repeats a return whose answer was lost as it was, and then says what to hand back', async () => {
  const rental = rentalOf({ paidAmount: 42_000 });
  const returned: Rental = { ...rental, status: 'RETURNED', totalValue: 40_000, refunds: [refundOf()] };
  let calls = 0;
  const server = openWith(rental, 'return', (_, dryRun) => {
    if (dryRun) return { ...rental, totalValue: 40_000, refunds: [refundOf({ id: 'dry' })] };
    calls += 1;
    return calls === 1 ? problem(503, 'UNAVAILABLE') : returned;
  });
  // It was done, only the answer was lost.
  const { user, dialog } = await open('Visszavétel');
  await ready();
  server.on('GET /rentals/r1', () => json(calls === 0 ? { ...rental, refunds: [] } : returned));
  await user.click(submit());
  expect(await within(dialog).findByRole('button', { name: 'Küldés újra' })).toBeInTheDocument();
  await waitFor(() => expect(submit()).not.toHaveAttribute('aria-disabled'));
  await user.click(submit());
  expect(await screen.findByText('Adjon vissza 2 000 Ft készpénzt.')).toBeInTheDocument();
  const [first, second] = made(server, 'return');
  expect(second?.body).toEqual(first?.body);
  expect(second?.headers.get('Idempotency-Key')).toBe(first?.headers.get('Idempotency-Key'));
});

it('says that somebody else has taken the rental back', async () => {
  const rental = rentalOf();
  openWith(rental, 'return', () => problem(409, 'ALREADY_RETURNED')).on('GET /rentals/r1', {
    ...rental,
    status: 'RETURNED',
    lines: [line('a', 1, 1)],
    refunds: [],
  });
  await open('Visszavétel');
  expect(await screen.findByText('Ezt a bérlést már visszavették.')).toBeInTheDocument();
  expect(submit()).toBeDisabled();
});

it('extends to the closing hour of another day: shows the price, sends it, and asks again when it has changed', async () => {
  const rental = rentalOf({
    dueAt: new Date(Date.now() + 86_400_000).toISOString(),
    totalValue: 12_000,
    paidAmount: 12_000,
  });
  let price = 3000;
  const server = openWith(rental, 'extend', (request, dryRun) => {
    const { dueAt, expectedTotal } = request.body as { dueAt: string; expectedTotal?: number };
    const totalValue = 12_000 + price;
    if (!dryRun && expectedTotal !== totalValue)
      return problem(409, 'PRICE_CHANGED', { expected: expectedTotal, actual: totalValue });
    return { ...rental, dueAt, totalValue, owedAmount: price, owedCash: price, refunds: [] };
  }).on('GET /locations', page(locations.map((each) => ({ ...each, openingHours: returnCases.hours.always }))));
  const { user, dialog } = await open('Hosszabbítás');
  await ready();
  expect(within(dialog).getByTestId('extend-due-time')).toHaveValue('20:00');
  expect(within(dialog).getByTestId('extend-price')).toHaveTextContent(/további nap · \+3\s000\sFt/);
  expect(submit()).toHaveTextContent(/Hosszabbítás: \+3\s000\sFt/);
  price = 6000;
  await user.click(submit());
  expect(await screen.findByText(/Az ár közben megváltozott: 15\s000\sFt helyett 18\s000\sFt/)).toBeInTheDocument();
  await waitFor(() => expect(submit()).toHaveTextContent(/\+6\s000\sFt/));
  await ready();
  await user.click(submit());
  expect(await screen.findByText('Még 6 000 Ft a tartozás.')).toBeInTheDocument();
  const sent = made(server, 'extend').map(({ body }) => body as { dueAt: string; expectedTotal: number });
  expect(sent.map(({ expectedTotal }) => expectedTotal)).toEqual([15_000, 18_000]);
  expect(sent[0]?.dueAt).toMatch(/T1[89]:00:00\.000Z$/);
});

it('extends to a chosen time, and to no earlier one', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-23T10:00:00+01:00') });
  const rental = rentalOf({ createdAt: '2026-11-22T08:00:00.000Z', dueAt: '2026-11-24T08:00:00.000Z' });
  const server = openWith(rental, 'extend', (request) => ({
    ...rental,
    dueAt: (request.body as { dueAt: string }).dueAt,
    refunds: [],
    owedAmount: 0,
  }));
  const { user, dialog } = await open('Hosszabbítás');
  await ready();
  // Without opening hours it is the time of day of the checkout.
  expect(within(dialog).getByTestId('extend-due')).toHaveValue('2026-11-25');
  expect(within(dialog).getByTestId('extend-due-time')).toHaveValue('09:00');
  fireEvent.change(within(dialog).getByTestId('extend-due'), { target: { value: '2026-11-24' } });
  expect(dialog).toHaveTextContent('A mostani határidőnél későbbi');
  expect(submit()).toBeDisabled();
  fireEvent.change(within(dialog).getByTestId('extend-due-time'), { target: { value: '11:30' } });
  await ready();
  expect(within(dialog).getByTestId('extend-price')).toHaveTextContent('Nem kerül többe');
  await user.click(submit());
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  expect(made(server, 'extend').at(-1)?.body).toEqual({ dueAt: '2026-11-24T10:30:00.000Z', expectedTotal: 42_000 });
  vi.useRealTimers();
});

it('cancels from the record after saying what goes back, and why it cannot', async () => {
  const rental = rentalOf({ paidAmount: 42_000, payment: rentalPaymentOf({ status: 'PENDING' }) });
  let late = true;
  const server = openWith(rental, 'cancel', (_, dryRun) =>
    late
      ? problem(409, 'CONFLICT')
      : { ...rental, status: 'CANCELLED', owedAmount: 0, refunds: [refundOf({ amount: 42_000, id: String(dryRun) })] },
  );
  const { user } = await renderPage('/rentals?rental=r1');
  await user.click(await screen.findByTestId('rental-cancel'));
  const dialog = () => within(screen.getByTestId('rental-change'));
  expect(await screen.findByText(/A felvételkori határidő után már nem mondható le/)).toBeInTheDocument();
  expect(dialog().getByText(/eredménye még nem ismert/)).toBeInTheDocument();
  late = false;
  await user.click(dialog().getByRole('button', { name: 'Mégse' }));
  await waitFor(() => expect(screen.queryByTestId('rental-change')).not.toBeInTheDocument());
  await user.click(screen.getByTestId('rental-cancel'));
  await waitFor(() => expect(dialog().getByTestId('change-refund')).toHaveTextContent(/42\s000\sFt/));
  expect(dialog().getByText(/3 db kerül vissza a készletbe/)).toBeInTheDocument();
  await user.click(submit());
  expect(await screen.findByText('Adjon vissza 42 000 Ft készpénzt.')).toBeInTheDocument();
  expect(made(server, 'cancel')).toHaveLength(1);
});

it('shows the refunds of a rental with their state, and asks for a failed one again', async () => {
  const failed = refundOf({
    id: 'f2',
    method: 'CARD',
    status: 'FAILED',
    errorCode: 'sandbox:do_not_honour',
    errorMessage: 'x',
    settledAt: null,
    retryAt: new Date(Date.now() + 60_000).toISOString(),
  });
  let refunds = [refundOf(), failed];
  const server = openShop('OPERATOR')
    .on('GET /rentals/r1', () =>
      json(
        rentalOf({
          status: 'RETURNED',
          paidAmount: 42_000,
          refundedAmount: 2000,
          refundPendingAmount: 2000,
          roundingAmount: -2,
          refunds,
        }),
      ),
    )
    .on('POST /refunds/f2/retry', () => {
      refunds = [refundOf(), { ...failed, status: 'SUCCEEDED', errorCode: null }];
      return json(refunds[1] ?? {});
    });
  const { user } = await renderPage('/rentals?rental=r1');
  const rows = await screen.findAllByTestId('refund-row');
  expect(rows[0]).toHaveTextContent(/Készpénzben, kiadta: Szabó Katalin.*Kiadva/);
  expect(rows[1]).toHaveTextContent(/Kártyára.*elutasította.*Sikertelen/);
  expect(screen.getByRole('dialog')).toHaveTextContent(
    /Kifizetve42\s000\sFt.*Ebből kerekítés-2\sFt.*Visszaadva2\s000\sFt.*Még visszajár2\s000\sFt/,
  );
  await user.click(screen.getByRole('button', { name: /Újra most/ }));
  await waitFor(() => expect(screen.getAllByTestId('refund-row')[1]).toHaveTextContent('Visszatérítve'));
  expect(server.seen('POST /refunds/f2/retry')).toHaveLength(1);
});
