import { act, cleanup, screen, waitFor, within } from '@testing-library/react';
import type { UserEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type FakeServer,
  json,
  locations,
  openShop,
  page,
  problem,
  rentalOf,
  rentalPaymentOf,
  stockItems,
} from '../../test/fake-server';
import { scanAll } from '../../test/scan';
import { accessibilityProblems, renderPage } from '../../test/render-page';
import { addDays, toDateField } from '../../shared/format';

vi.mock('../../live/live-provider', () => import('../../test/quiet-live'));
vi.mock('../../live/connection-chip', () => import('../../test/quiet-live'));
vi.mock('../../live/notification-bell', () => import('../../test/quiet-live'));
vi.mock('../../live/toasts', () => import('../../test/quiet-live'));

beforeEach(() => localStorage.setItem('harang-checkout-place', 'vaci'));

const bosch = stockItems[2];

async function pickPartner(user: UserEvent, words = 'béta') {
  const partner = await screen.findByTestId('wizard-partner');
  await user.click(partner);
  await user.type(partner, words);
  await user.click(await screen.findByRole('option', { name: 'Béta Bau Bt.' }));
  await user.click(screen.getByTestId('wizard-next'));
}

async function addBosch(user: UserEvent) {
  await user.type(await screen.findByTestId('wizard-product-search'), 'bosch');
  await waitFor(() => expect(screen.getAllByTestId('wizard-add')).toHaveLength(1));
  await user.click(screen.getByTestId('wizard-add'));
}

async function toPayment(user: UserEvent) {
  await pickPartner(user);
  await addBosch(user);
  await waitFor(() => expect(screen.getByTestId('wizard-line')).toHaveTextContent('3 db szabad'));
  await user.click(screen.getByTestId('wizard-next'));
  await screen.findByTestId('wizard-method');
}

function sentRental(server: FakeServer): Record<string, unknown> {
  return server.seen('POST /rentals').at(-1)?.body as Record<string, unknown>;
}

it('checks out in four steps and sends what was chosen', async () => {
  const server = openShop('OPERATOR').on('POST /rentals', () =>
    json(rentalOf({ payment: rentalPaymentOf({ status: 'SUCCEEDED' }) }), 201),
  );
  const { container, user } = await renderPage('/rentals/new');
  await pickPartner(user);
  expect(await screen.findByTestId('checkout-wizard')).toHaveAttribute('data-step', 'items');
  expect(await accessibilityProblems(container)).toEqual([]);
  await addBosch(user);
  await user.click(screen.getByTestId('wizard-add'));
  expect(await screen.findByTestId('wizard-quantity')).toHaveValue('2');
  await user.click(screen.getByRole('button', { name: '3 nap' }));
  await user.click(screen.getByTestId('wizard-next'));
  await user.selectOptions(await screen.findByTestId('wizard-card-token'), 'tok_ok');
  expect(await accessibilityProblems(container)).toEqual([]);
  await user.click(screen.getByTestId('wizard-submit'));
  const result = await screen.findByTestId('wizard-result');
  expect(result).toHaveAttribute('data-status', 'OPEN');
  expect(result).toHaveTextContent('Béta Bau Bt. · 3 tétel · 42 000 Ft');
  const now = new Date();
  expect(sentRental(server)).toMatchObject({
    partnerId: 'beta',
    locationId: 'vaci',
    lines: [{ productId: 'p3', quantity: 2 }],
    payment: { method: 'CARD', cardToken: 'tok_ok' },
  });
  expect(toDateField(new Date(String(sentRental(server).dueAt)))).toBe(toDateField(addDays(now, 3)));
  expect(server.seen('POST /rentals')[0]?.headers.get('Idempotency-Key')).toMatch(/^[0-9a-f-]{36}$/);
  await user.click(screen.getByRole('button', { name: 'Még egy bérlés' }));
  expect(screen.getByTestId('checkout-wizard')).toHaveAttribute('data-step', 'partner');
});

it('begins when somebody is there, not when the page was opened the day before', async () => {
  const opened = new Date('2026-11-23T16:30:00+01:00');
  const taken = new Date('2026-11-24T08:15:00+01:00');
  vi.useFakeTimers({ toFake: ['Date'], now: opened });
  const server = openShop('OPERATOR').on('POST /rentals', () => json(rentalOf(), 201));
  const { user } = await renderPage('/rentals/new');
  await screen.findByTestId('wizard-partner');
  vi.setSystemTime(taken);
  await toPayment(user);
  await user.click(screen.getByTestId('wizard-submit'));
  await screen.findByTestId('wizard-result');
  vi.useRealTimers();
  expect(sentRental(server).dueAt).toBe(new Date('2026-11-25T08:15:00+01:00').toISOString());
});

it('takes a partner whose name is typed: the first hit with Enter, or the whole name and on', async () => {
  openShop('OPERATOR');
  const { user } = await renderPage('/rentals/new');
  const partner = await screen.findByTestId('wizard-partner');
  await user.click(partner);
  expect(await screen.findByRole('option', { name: 'Béta Bau Bt.' })).toBeInTheDocument();
  await user.type(partner, 'bet{Enter}');
  await waitFor(() => expect(partner).toHaveValue('Béta Bau Bt.'));
  await user.clear(partner);
  await user.type(partner, 'alfa építő kft.');
  await user.click(screen.getByTestId('wizard-next'));
  expect(await screen.findByTestId('wizard-location')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Vissza' }));
  expect(await screen.findByTestId('wizard-partner')).toHaveValue('Alfa Építő Kft.');
});

it('asks for a partner and for products before it goes on', async () => {
  openShop('OPERATOR');
  const { user } = await renderPage('/rentals/new');
  await user.click(await screen.findByTestId('wizard-next'));
  expect(await screen.findByText('Válasszon partnert.')).toBeInTheDocument();
  await pickPartner(user);
  await user.click(await screen.findByTestId('wizard-next'));
  expect(await screen.findByText('Adjon hozzá legalább egy terméket.')).toBeInTheDocument();
  const due = screen.getByTestId('wizard-due');
  await user.clear(due);
  expect(await screen.findByText('Adja meg, mikor hozza vissza.')).toBeInTheDocument();
  await user.type(due, '2020-01-01');
  expect(await screen.findByText('Mai vagy későbbi időpontot adjon meg.')).toBeInTheDocument();
});

it('does not let more be taken than is free, and removes a line', async () => {
  openShop('OPERATOR');
  const { user } = await renderPage('/rentals/new');
  await pickPartner(user);
  await addBosch(user);
  const quantity = await screen.findByTestId('wizard-quantity');
  await user.clear(quantity);
  await user.type(quantity, '9');
  await waitFor(() => expect(screen.getByTestId('wizard-line')).toHaveTextContent('3 db szabad'));
  await user.click(screen.getByTestId('wizard-next'));
  expect(await screen.findByText('Csak 3 db szabad.')).toBeInTheDocument();
  await user.clear(quantity);
  await user.click(screen.getByTestId('wizard-next'));
  expect(await screen.findByText('Legalább 1 egész darab.')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: /^Törlés: Bosch/ }));
  expect(screen.getByText('Még üres')).toBeInTheDocument();
});

it('adds the first hit with Enter and shows what is sold out', async () => {
  openShop('OPERATOR');
  const { user } = await renderPage('/rentals/new');
  await pickPartner(user);
  const search = await screen.findByTestId('wizard-product-search');
  await user.type(search, 'fúró');
  await waitFor(() => expect(screen.getAllByTestId('wizard-add')).toHaveLength(2));
  expect(screen.getByRole('button', { name: `Hozzáad: ${stockItems[0]?.productName ?? ''}` })).toBeDisabled();
  expect(screen.getByText('elfogyott')).toBeInTheDocument();
  await user.type(search, '{Enter}');
  expect(await screen.findByTestId('wizard-line')).toHaveAttribute('data-product-id', 'p3');
  expect(search).toHaveValue('');
  await user.type(search, 'nincs ilyen');
  expect(await screen.findByText('Nincs ilyen termék ezen a telephelyen.')).toBeInTheDocument();
});

const eva = {
  id: 'p-eva',
  name: 'Kiss Éva',
  phone: '06 30 555 0101',
  email: null,
  note: null,
  archived: false,
};

it('adds the first partner of a shop in the checkout, and goes on with it', async () => {
  const server = openShop('OPERATOR')
    .on('GET /partners', page([]))
    .on('POST /partners', json({ ...eva, samePhone: [] }, 201));
  const { user } = await renderPage('/rentals/new');
  expect(await screen.findByText(/Még nincs partner/)).toBeInTheDocument();
  await user.type(screen.getByTestId('wizard-partner'), 'Kiss Éva');
  await user.click(screen.getByTestId('wizard-new-partner'));
  const dialog = await screen.findByRole('dialog', { name: 'Új partner' });
  expect(await within(dialog).findByLabelText('Név')).toHaveValue('Kiss Éva');
  await user.type(within(dialog).getByLabelText('Telefon'), '0630');
  await user.click(within(dialog).getByRole('button', { name: 'Mentés' }));
  expect(within(dialog).getByText(/^Egy telefonszámot adjon meg/)).toBeInTheDocument();
  await user.type(within(dialog).getByLabelText('Telefon'), ' 555 0101');
  await user.click(within(dialog).getByRole('button', { name: 'Mentés' }));
  await waitFor(() => expect(screen.getByTestId('checkout-wizard')).toHaveAttribute('data-step', 'items'));
  expect(server.seen('POST /partners')[0]?.body).toEqual({
    name: 'Kiss Éva',
    phone: '0630 555 0101',
    email: null,
    note: null,
  });
});

it('offers the partner who has the number already instead of a second one', async () => {
  const server = openShop('OPERATOR').on('GET /partners', ({ search }) =>
    json(page(search.get('phone') === '0630 555-0101' || search.get('search') === '' ? [eva] : [])),
  );
  const { user } = await renderPage('/rentals/new');
  await user.type(await screen.findByTestId('wizard-partner'), '0630 555-0101');
  await user.click(screen.getByTestId('wizard-new-partner'));
  const dialog = await screen.findByRole('dialog', { name: 'Új partner' });
  expect(await within(dialog).findByLabelText('Telefon')).toHaveValue('0630 555-0101');
  await user.click(await within(dialog).findByRole('button', { name: 'Őt választom: Kiss Éva' }));
  await waitFor(() => expect(screen.getByTestId('checkout-wizard')).toHaveAttribute('data-step', 'items'));
  expect(server.seen('POST /partners')).toHaveLength(0);
});

it('tells two partners of one name apart, also at the payment', async () => {
  openShop('OPERATOR').on(
    'GET /partners',
    page([eva, { ...eva, id: 'p-other', phone: null, lastRentalAt: new Date(Date.now() - 86_400_000).toISOString() }]),
  );
  const { user } = await renderPage('/rentals/new');
  await user.click(await screen.findByTestId('wizard-partner'));
  const [first, second] = await screen.findAllByRole('option', { name: 'Kiss Éva' });
  expect(first).toHaveAccessibleDescription('06 30 555 0101');
  expect(second).toHaveAccessibleDescription(/^utoljára bérelt: tegnap/);
  if (first) await user.click(first);
  expect(screen.getByTestId('wizard-partner-hint')).toHaveTextContent('06 30 555 0101');
  await user.click(screen.getByTestId('wizard-next'));
  await addBosch(user);
  await user.click(screen.getByTestId('wizard-next'));
  expect(await screen.findByTestId('wizard-pay-lines')).toHaveTextContent('1 ×Bosch GBH 2-26 fúrókalapács');
  expect(screen.getByLabelText('Összegzés')).toHaveTextContent('Kiss Éva06 30 555 0101');
});

it('asks for the location where several are possible, never takes the first one', async () => {
  localStorage.removeItem('harang-checkout-place');
  openShop('OPERATOR');
  const { user } = await renderPage('/rentals/new');
  await pickPartner(user);
  const location = await screen.findByTestId('wizard-location');
  expect(location).toHaveValue('');
  await waitFor(() => expect(location).toHaveFocus());
  expect(screen.getByTestId('wizard-product-search')).toBeDisabled();
  expect(screen.getByText(/Előbb válasszon telephelyet/)).toBeInTheDocument();
  await user.click(screen.getByTestId('wizard-next'));
  expect(await screen.findByText('Válasszon telephelyet.')).toBeInTheDocument();
  await user.selectOptions(location, 'kelenfold');
  await user.keyboard('{Enter}');
  expect(screen.getByTestId('wizard-product-search')).toHaveFocus();
});

it('needs Enter alone: the partner, on, a product, on, and the rental', async () => {
  const server = openShop('OPERATOR').on('POST /rentals', () => json(rentalOf(), 201));
  const { user } = await renderPage('/rentals/new');
  const partner = await screen.findByTestId('wizard-partner');
  await waitFor(() => expect(partner).toHaveFocus());
  await user.keyboard('bét');
  await screen.findByRole('option', { name: 'Béta Bau Bt.' });
  await waitFor(() => expect(screen.getAllByRole('option')).toHaveLength(2)); // and the one that adds a partner
  await user.keyboard('{Enter}');
  await waitFor(() => expect(partner).toHaveValue('Béta Bau Bt.'));
  await user.keyboard('{Enter}');
  await waitFor(() => expect(screen.getByTestId('wizard-product-search')).toHaveFocus());
  await user.keyboard('bos{Enter}');
  expect(await screen.findByTestId('wizard-line')).toBeInTheDocument();
  await waitFor(() => expect(screen.getByTestId('wizard-next')).not.toHaveAttribute('aria-disabled', 'true'));
  scanAll(['']); // Enter, a second later: a scanner's second one comes sooner
  await waitFor(() => expect(screen.getByTestId('wizard-method')).toHaveFocus());
  await screen.findByTestId('wizard-card-token');
  await user.keyboard('{Enter}');
  await screen.findByTestId('wizard-result');
  expect(sentRental(server)).toMatchObject({ partnerId: 'beta', locationId: 'vaci' });
});

it('says why there is nothing to choose in a shop without a catalogue', async () => {
  openShop('OPERATOR').on('GET /locations', page([]));
  const { user } = await renderPage('/rentals/new');
  await pickPartner(user);
  expect(await screen.findByText(/Még nincs telephely és termék/)).toBeInTheDocument();
  expect(screen.queryByText('Betöltés…')).toBeNull();
});

it('takes the location last used here, and looks for products there', async () => {
  localStorage.removeItem('harang-checkout-place');
  localStorage.setItem('harang-checkout-place', 'kelenfold');
  const server = openShop('OPERATOR');
  const { user } = await renderPage('/rentals/new');
  await pickPartner(user);
  expect(await screen.findByTestId('wizard-location')).toHaveValue('kelenfold');
  await waitFor(() => expect(screen.getAllByTestId('wizard-add')).toHaveLength(1));
  await user.selectOptions(screen.getByTestId('wizard-location'), 'vaci');
  await waitFor(() => expect(screen.getAllByTestId('wizard-add')).toHaveLength(2));
  expect(server.seen('GET /inventory/stock').map((each) => each.search.get('locationId'))).toContain('vaci');
});

it('declined: says the next step and pays with another card', async () => {
  const server = openShop('OPERATOR')
    .on('POST /rentals', () =>
      json(
        rentalOf({
          status: 'AWAITING_PAYMENT',
          payment: rentalPaymentOf({
            transactionId: 't1',
            errorCode: 'sandbox:insufficient_funds',
            errorMessage: 'Nincs elég fedezet',
          }),
        }),
        201,
      ),
    )
    .on('POST /payments', () => json({ transactionId: 't2', status: 'SUCCEEDED' }, 201));
  const { container, user } = await renderPage('/rentals/new');
  await toPayment(user);
  await user.selectOptions(screen.getByTestId('wizard-card-token'), 'tok_insufficient_funds');
  await user.click(screen.getByTestId('wizard-submit'));
  const result = await screen.findByTestId('wizard-result');
  expect(result).toHaveAttribute('data-status', 'AWAITING_PAYMENT');
  expect(result).toHaveTextContent('Nincs elég fedezet');
  expect(result).toHaveTextContent('kérjen másik kártyát');
  expect(await accessibilityProblems(container)).toEqual([]);
  await user.selectOptions(screen.getByTestId('wizard-card-token'), 'tok_ok');
  await user.click(screen.getByTestId('wizard-submit'));
  await waitFor(() => expect(screen.getByTestId('wizard-result')).toHaveAttribute('data-status', 'OPEN'));
  expect(server.seen('POST /payments')[0]?.body).toEqual({
    rentalId: 'r1',
    amount: 42_000,
    method: 'CARD',
    cardToken: 'tok_ok',
  });
});

it('pending: looks again and can cancel', async () => {
  const waiting = rentalOf({
    status: 'AWAITING_PAYMENT',
    payment: rentalPaymentOf({
      transactionId: 't1',
      status: 'PENDING',
      errorCode: 'sandbox:timeout',
      errorMessage: 'x',
    }),
  });
  openShop('OPERATOR')
    .on('POST /rentals', () => json(waiting, 201))
    .on('GET /rentals/r1', waiting)
    .on('POST /rentals/r1/cancel', rentalOf({ status: 'CANCELLED' }));
  const { user } = await renderPage('/rentals/new');
  await toPayment(user);
  await user.click(screen.getByTestId('wizard-submit'));
  const result = await screen.findByTestId('wizard-result');
  expect(result).toHaveTextContent('A bank nem válaszolt időben');
  await user.click(within(result).getByRole('button', { name: 'Állapot lekérdezése' }));
  await user.click(within(result).getByRole('button', { name: 'Bérlés lemondása' }));
  await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Lemondás' }));
  await waitFor(() => expect(screen.getByTestId('wizard-result')).toHaveAttribute('data-status', 'CANCELLED'));
});

it('goes back to the items when something ran out meanwhile, naming it', async () => {
  openShop('OPERATOR').on('POST /rentals', () => problem(422, 'INSUFFICIENT_STOCK', { line: 0, available: 2 }));
  const { user } = await renderPage('/rentals/new');
  await toPayment(user);
  await user.selectOptions(screen.getByTestId('wizard-method'), 'CASH');
  await user.click(screen.getByTestId('wizard-submit'));
  expect(
    await screen.findByText('Bosch GBH 2-26 fúrókalapács: csak 2 db maradt. Módosítsa a mennyiséget.'),
  ).toBeInTheDocument();
  expect(screen.getByTestId('checkout-wizard')).toHaveAttribute('data-step', 'items');
});

it.each([
  [{ kind: 'product', id: 'p3', line: 0 }, 'items', /^Bosch GBH 2-26 fúrókalapács: közben archiválták/],
  [{ kind: 'partner', id: 'beta' }, 'partner', /^Ezt a partnert közben archiválták/],
  [{ kind: 'location', id: 'vaci' }, 'items', /^Ezt a telephelyet közben archiválták/],
] as const)('names what was archived meanwhile: %o', async (refusal, step, sentence) => {
  openShop('OPERATOR').on('POST /rentals', () => problem(409, 'ARCHIVED', refusal));
  const { user } = await renderPage('/rentals/new');
  await toPayment(user);
  await user.selectOptions(screen.getByTestId('wizard-method'), 'CASH');
  await user.click(screen.getByTestId('wizard-submit'));
  expect(await screen.findByText(sentence)).toBeInTheDocument();
  expect(screen.getByTestId('checkout-wizard')).toHaveAttribute('data-step', step);
});

it('repeats a request whose answer was lost with its key and its price, so that it is not a second rental', async () => {
  let lost = true;
  const server = openShop('OPERATOR').on('POST /rentals', () => {
    if (!lost) return json(rentalOf(), 201);
    lost = false;
    throw new TypeError('network down');
  });
  const { user } = await renderPage('/rentals/new');
  await toPayment(user);
  await waitFor(() => expect(sessionStorage).toHaveLength(1));
  cleanup();
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    // A restored draft follows the prices of the server.
    const { user: later } = await renderPage('/rentals/new?step=items');
    await waitFor(() => expect(screen.getByTestId('wizard-line')).toHaveTextContent('5 000 Ft / nap'));
    await later.click(screen.getByTestId('wizard-next'));
    await later.selectOptions(await screen.findByTestId('wizard-method'), 'NONE');
    await later.click(screen.getByTestId('wizard-submit'));
    expect(await screen.findByText('A szerver most nem érhető el. Ellenőrizze a kapcsolatot.')).toBeInTheDocument();
    server.on('GET /products/p3', { id: 'p3', name: 'Bosch GBH 2-26 fúrókalapács', dailyPrice: 9900 });
    const before = server.seen('GET /products/p3').length;
    vi.setSystemTime(Date.now() + 60_000);
    act(() => void window.dispatchEvent(new Event('visibilitychange')));
    await waitFor(() => expect(server.seen('GET /products/p3').length).toBeGreaterThan(before));
    await later.click(screen.getByTestId('wizard-submit'));
    expect(await screen.findByTestId('wizard-result')).toHaveTextContent('Kifizetetlenül indult');
  } finally {
    vi.useRealTimers();
  }
  const [first, second] = server.seen('POST /rentals');
  expect(first?.body).toMatchObject({ expectedTotal: 5000 });
  expect(second?.body).toEqual(first?.body);
  expect(first?.body).not.toHaveProperty('payment');
  expect(second?.headers.get('Idempotency-Key')).toBe(first?.headers.get('Idempotency-Key'));
});

it('waits for the locations before it goes on from the items', async () => {
  const answers: (() => void)[] = [];
  let slow = false;
  const server = openShop('OPERATOR');
  const { user } = await renderPage('/rentals/new');
  await toPayment(user);
  await waitFor(() => expect(sessionStorage).toHaveLength(1));
  cleanup();
  slow = true;
  server.on('GET /locations', async () => {
    if (slow) await new Promise<void>((resolve) => answers.push(resolve));
    return json(page(locations));
  });
  await renderPage('/rentals/new?step=items');
  await waitFor(() => expect(screen.getByTestId('wizard-line')).toHaveTextContent('5 000 Ft / nap'));
  expect(screen.getByTestId('wizard-next')).toHaveAttribute('aria-disabled', 'true');
  slow = false;
  act(() => answers.forEach((answer) => answer()));
  await user.click(screen.getByTestId('wizard-next'));
  expect(await screen.findByTestId('wizard-method')).toBeInTheDocument();
});

it('goes back to the step whose field the server refused', async () => {
  let field = 'partnerId';
  openShop('OPERATOR').on('POST /rentals', () =>
    problem(422, 'INVALID_REQUEST', { errors: [{ field, detail: 'not accepted' }] }),
  );
  const { user } = await renderPage('/rentals/new', { language: 'en' });
  await pickPartner(user);
  await addBosch(user);
  await waitFor(() => expect(screen.getByTestId('wizard-line')).toHaveTextContent('3 available'));
  await user.click(screen.getByTestId('wizard-next'));
  await user.click(await screen.findByTestId('wizard-submit'));
  await waitFor(() => expect(screen.getByTestId('checkout-wizard')).toHaveAttribute('data-step', 'partner'));
  expect(screen.getByText('not accepted')).toBeInTheDocument();
  field = 'dueAt';
  await user.click(screen.getByTestId('wizard-next'));
  await user.click(await screen.findByTestId('wizard-next'));
  await user.click(await screen.findByTestId('wizard-submit'));
  await waitFor(() => expect(screen.getByTestId('checkout-wizard')).toHaveAttribute('data-step', 'items'));
  expect(screen.getByText('not accepted')).toBeInTheDocument();
});

it('goes back by the steps, keeping what was chosen', async () => {
  openShop('OPERATOR');
  const { user } = await renderPage('/rentals/new');
  await toPayment(user);
  await user.click(screen.getByRole('button', { name: '1. lépés: Partner' }));
  expect(await screen.findByTestId('wizard-partner')).toHaveValue('Béta Bau Bt.');
  await user.click(screen.getByTestId('wizard-next'));
  expect(await screen.findByTestId('wizard-line')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Vissza' }));
  expect(await screen.findByTestId('wizard-partner')).toBeInTheDocument();
});

it('goes through the steps with Back and Forward, keeping the basket, and does not open a finished checkout again', async () => {
  openShop('OPERATOR').on('POST /rentals', () => json(rentalOf(), 201));
  const { router, user } = await renderPage('/rentals/new');
  const turn = (by: number) => {
    act(() => {
      router.history.go(by);
    });
  };
  await toPayment(user);
  expect(router.state.location.search).toEqual({ step: 'pay' });
  turn(-1);
  expect(await screen.findByTestId('wizard-quantity')).toHaveValue('1');
  turn(-1);
  expect(await screen.findByTestId('wizard-partner')).toHaveValue('Béta Bau Bt.');
  turn(2);
  await user.selectOptions(await screen.findByTestId('wizard-method'), 'CASH');
  await user.click(screen.getByRole('button', { name: '1. lépés: Partner' }));
  turn(2);
  await waitFor(() => expect(screen.getByTestId('wizard-method')).toHaveValue('CASH'));
  await user.click(screen.getByTestId('wizard-submit'));
  await screen.findByTestId('wizard-result');
  await waitFor(() => expect(router.state.location.search).toEqual({ step: 'done' }));
  turn(-1);
  await waitFor(() => expect(router.state.location).toMatchObject({ pathname: '/rentals', search: { rental: 'r1' } }));
  await waitFor(() => expect(screen.queryByTestId('checkout-wizard')).toBeNull());
  turn(1);
  expect(await screen.findByTestId('wizard-partner')).toHaveValue('');
  await waitFor(() => expect(router.state.location.search).toEqual({}));
});

describe('a checkout that was begun', () => {
  /** The page as it is after a reload in the same tab. */
  async function again(path = '/rentals/new') {
    cleanup();
    return renderPage(path);
  }

  it('is still there after the page was left or reloaded, with prices and free pieces asked for anew', async () => {
    const server = openShop('OPERATOR');
    const { router, user } = await renderPage('/rentals/new');
    await toPayment(user);
    await user.click(screen.getByRole('link', { name: 'Készlet' }));
    await screen.findAllByTestId('stock-row');
    await act(() => router.navigate({ to: '/rentals/new' }));
    expect(await screen.findByTestId('wizard-partner')).toHaveValue('Béta Bau Bt.');
    expect(screen.getByText(/A megkezdett bérlés megmaradt/)).toBeInTheDocument();

    server.on('GET /products/p3', { id: 'p3', name: 'Bosch GBH 2-26 fúrókalapács', dailyPrice: 9900 });
    server.on('GET /inventory/stock/p3/vaci', { ...bosch, quantity: 1 });
    const { user: later } = await again('/rentals/new?step=items');
    const line = await screen.findByTestId('wizard-line');
    await waitFor(() => expect(line).toHaveTextContent('1 db szabad'));
    await waitFor(() => expect(line).toHaveTextContent('9 900 Ft / nap'));
    await later.click(screen.getByTestId('wizard-next'));
    expect(await screen.findByTestId('wizard-method')).toBeInTheDocument();
  });

  it('keeps no day that has passed', async () => {
    openShop('OPERATOR');
    const { user } = await renderPage('/rentals/new');
    await toPayment(user);
    vi.useFakeTimers({ toFake: ['Date'], now: addDays(new Date(), 9) });
    try {
      await again('/rentals/new?step=items');
      expect(await screen.findByTestId('wizard-due')).toHaveValue(toDateField(addDays(new Date(), 1)));
    } finally {
      vi.useRealTimers();
    }
  });

  it('can be started over, after a question', async () => {
    openShop('OPERATOR');
    const { user } = await renderPage('/rentals/new');
    expect(await screen.findByTestId('wizard-partner')).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Elölről' })).toBeNull();
    await toPayment(user);
    await user.click(screen.getByRole('button', { name: 'Elölről' }));
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Elölről' }));
    expect(await screen.findByTestId('wizard-partner')).toHaveValue('');
    await waitFor(() => expect(screen.getByTestId('wizard-partner')).toHaveFocus());
    await again();
    expect(await screen.findByTestId('wizard-partner')).toHaveValue('');
  });

  it('is over when it was finished, and while nobody knows whether it was', async () => {
    const server = openShop('OPERATOR').on('POST /rentals', () => {
      throw new TypeError('network down');
    });
    const { user } = await renderPage('/rentals/new');
    await toPayment(user);
    await user.selectOptions(screen.getByTestId('wizard-method'), 'CASH');
    await user.click(screen.getByTestId('wizard-submit'));
    expect(await screen.findByText('A szerver most nem érhető el. Ellenőrizze a kapcsolatot.')).toBeInTheDocument();
    expect(sessionStorage).toHaveLength(0);
    server.on('POST /rentals', () => problem(422, 'INSUFFICIENT_STOCK', { line: 0, available: 2 }));
    await user.click(screen.getByTestId('wizard-submit'));
    expect(await screen.findByTestId('wizard-line')).toBeInTheDocument();
    await waitFor(() => expect(sessionStorage).toHaveLength(1));
    server.on('POST /rentals', () => json(rentalOf(), 201));
    await user.click(screen.getByTestId('wizard-next'));
    await user.click(await screen.findByTestId('wizard-submit'));
    await screen.findByTestId('wizard-result');
    await waitFor(() => expect(sessionStorage).toHaveLength(0));
  });

  it('survives rubbish of another version', async () => {
    openShop('OPERATOR');
    for (const text of [
      '{',
      '7',
      '{"partner":{"id":1},"lines":[{"productId":"p3"},null]}',
      '{"partner":{"id":"beta","name":"Béta Bau Bt."},"lines":"?"}',
    ]) {
      sessionStorage.setItem('harang-tab/budapest/u-OPERATOR/checkout', text);
      await again();
      expect(await screen.findByTestId('wizard-partner')).toHaveValue(text.includes('Béta') ? 'Béta Bau Bt.' : '');
    }
  });
});

it.each(['items', 'pay', 'done', 'elsewhere'])(
  'begins at the first step when opened at %s without a basket',
  async (step) => {
    openShop('OPERATOR');
    const { router } = await renderPage(`/rentals/new?step=${step}`);
    expect(await screen.findByTestId('wizard-partner')).toHaveValue('');
    await waitFor(() => expect(router.state.location.search).toEqual({}));
  },
);

it('finds 5,000 products by asking for a few at a time', async () => {
  const many = Array.from({ length: 50 }, (_, index) => ({
    ...stockItems[2],
    productId: `m${String(index)}`,
    productName: `Gép ${String(index)}`,
  }));
  const server = openShop('OPERATOR').on('GET /inventory/stock', () => json(page(many, 'more')));
  const { user } = await renderPage('/rentals/new');
  await pickPartner(user);
  await waitFor(() => expect(screen.getAllByTestId('wizard-add')).toHaveLength(50));
  expect(server.seen('GET /inventory/stock').every((each) => Number(each.search.get('limit')) <= 50)).toBe(true);
});

it('keeps a product that was renamed while it was in the basket, with its price and free pieces', async () => {
  const renamed = 'Bosch GBH 2-28 fúrókalapács';
  const server = openShop('OPERATOR').on('POST /rentals', () => json(rentalOf(), 201));
  const { user } = await renderPage('/rentals/new');
  await pickPartner(user);
  await addBosch(user);
  await waitFor(() => expect(screen.getByTestId('wizard-line')).toHaveTextContent('3 db szabad'));
  server
    .on('GET /inventory/stock', page([{ ...bosch, productName: renamed, quantity: 7 }]))
    .on('GET /inventory/stock/p3/vaci', { ...bosch, productName: renamed, quantity: 7 })
    .on('GET /products', page([{ id: 'p3', name: renamed, dailyPrice: 9900 }]))
    .on('GET /products/p3', { id: 'p3', name: renamed, dailyPrice: 9900 });
  cleanup();
  const { user: later } = await renderPage('/rentals/new?step=items');
  const line = await screen.findByTestId('wizard-line');
  await waitFor(() => expect(line).toHaveTextContent('7 db szabad'));
  await waitFor(() => expect(line).toHaveTextContent('9 900 Ft / nap'));
  await later.click(screen.getByTestId('wizard-next'));
  await later.selectOptions(await screen.findByTestId('wizard-method'), 'CASH');
  await later.click(screen.getByTestId('wizard-submit'));
  await screen.findByTestId('wizard-result');
  expect(sentRental(server)).toMatchObject({ lines: [{ productId: 'p3', quantity: 1 }], expectedTotal: 9900 });
});

it('shows both sums when the price has changed, and sends the new one only when it is confirmed', async () => {
  const server = openShop('OPERATOR').on('POST /rentals', ({ body }) =>
    (body as { expectedTotal: number }).expectedTotal === 9900
      ? json(rentalOf({ totalValue: 9900 }), 201)
      : problem(409, 'PRICE_CHANGED', { expected: 5000, actual: 9900 }),
  );
  const { user } = await renderPage('/rentals/new');
  await toPayment(user);
  await user.selectOptions(screen.getByTestId('wizard-method'), 'CASH');
  server.on('GET /products/p3', { id: 'p3', name: 'Bosch GBH 2-26 fúrókalapács', dailyPrice: 9900 });
  await user.click(screen.getByTestId('wizard-submit'));
  const alert = await screen.findByRole('alert');
  expect(alert.textContent.replaceAll('\u00a0', ' ')).toContain('5 000 Ft helyett 9 900 Ft');
  expect(screen.getByTestId('checkout-wizard')).toHaveAttribute('data-step', 'pay');
  expect(screen.getByLabelText('Összegzés').textContent.replaceAll('\u00a0', ' ')).toContain('9 900 Ft');
  expect(server.seen('POST /rentals')).toHaveLength(1);
  await user.click(screen.getByTestId('wizard-submit'));
  await screen.findByTestId('wizard-result');
  const sent = server.seen('POST /rentals');
  expect(sent.map(({ body }) => (body as { expectedTotal: number }).expectedTotal)).toEqual([5000, 9900]);
  expect(sent[1]?.headers.get('Idempotency-Key')).not.toBe(sent[0]?.headers.get('Idempotency-Key'));
});

it('names what is to be taken in cash, in steps of 5 Ft', async () => {
  let dailyPrice = 5000;
  const server = openShop('OPERATOR')
    .on('GET /products/p3', () => json({ id: 'p3', name: 'Bosch GBH 2-26 fúrókalapács', dailyPrice }))
    .on('POST /rentals', ({ body }) => {
      dailyPrice = 1232;
      return (body as { expectedTotal: number }).expectedTotal === 1232
        ? json(
            rentalOf({
              totalValue: 1232,
              paidAmount: 1230,
              payment: rentalPaymentOf({ method: 'CASH', amount: 1230, status: 'SUCCEEDED' }),
            }),
            201,
          )
        : problem(409, 'PRICE_CHANGED', { expected: 5000, actual: 1232 });
    });
  const { user } = await renderPage('/rentals/new');
  await toPayment(user);
  expect(screen.queryByTestId('wizard-cash')).not.toBeInTheDocument();
  await user.selectOptions(screen.getByTestId('wizard-method'), 'CASH');
  await waitFor(() => expect(screen.getByTestId('wizard-cash')).toHaveTextContent('5 000 Ft'));
  await user.click(screen.getByTestId('wizard-submit'));
  await screen.findByRole('alert');
  await waitFor(() => expect(screen.getByTestId('wizard-cash')).toHaveTextContent('1 230 Ft'));
  await user.click(screen.getByTestId('wizard-submit'));
  const result = await screen.findByTestId('wizard-result');
  expect(within(result).getByTestId('wizard-cash')).toHaveTextContent('1 230 Ft');
  expect(server.seen('POST /rentals')).toHaveLength(2);
});

it('does not start a rental whose price is unknown', async () => {
  openShop('OPERATOR')
    .on('GET /products', page([]))
    .on('GET /products/p3', () => problem(404, 'NOT_FOUND'));
  const { user } = await renderPage('/rentals/new');
  await toPayment(user);
  await user.selectOptions(screen.getByTestId('wizard-method'), 'CASH');
  expect(screen.getByTestId('wizard-submit')).toBeDisabled();
});

it('reads the free pieces of a product in the basket by one request, not through the list', async () => {
  const server = openShop('OPERATOR').on('GET /inventory/stock/p3/vaci', { ...bosch, quantity: 7 });
  const { user } = await renderPage('/rentals/new');
  await pickPartner(user);
  await addBosch(user);
  await waitFor(() => expect(screen.getByTestId('wizard-line')).toHaveTextContent('7 db szabad'));
  expect(server.seen('GET /inventory/stock/p3/vaci').length).toBeGreaterThan(0);
  expect(server.seen('GET /inventory/stock').every((each) => Number(each.search.get('limit')) <= 50)).toBe(true);
});

it('counts a product that the location does not stock as none free', async () => {
  openShop('OPERATOR').on('GET /inventory/stock/p3/vaci', () => problem(404, 'NOT_FOUND'));
  const { user } = await renderPage('/rentals/new');
  await pickPartner(user);
  await addBosch(user);
  await waitFor(() => expect(screen.getByTestId('wizard-line')).toHaveTextContent('elfogyott'));
});

it('never offers what was not asked for while the answer is on its way', async () => {
  openShop('OPERATOR');
  const { user } = await renderPage('/rentals/new');
  await pickPartner(user);
  await waitFor(() => expect(screen.getAllByTestId('wizard-add')).toHaveLength(2));
  await user.click(screen.getByTestId('wizard-product-search'));
  await user.paste('BOSCH furo');
  expect(screen.getAllByTestId('wizard-add').map((button) => button.dataset.productId)).toEqual(['p3']);
});
