import { act, screen, waitFor, within } from '@testing-library/react';
import type { UserEvent } from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import { json, minutesAgo, openShop, problem, rentalOf, rentalPaymentOf } from '../../test/fake-server';
import { accessibilityProblems, renderPage } from '../../test/render-page';

vi.mock('../../live/live-provider', () => import('../../test/quiet-live'));
vi.mock('../../live/connection-chip', () => import('../../test/quiet-live'));
vi.mock('../../live/notification-bell', () => import('../../test/quiet-live'));
vi.mock('../../live/toasts', () => import('../../test/quiet-live'));

beforeEach(() => localStorage.setItem('harang-checkout-place', 'vaci'));

const declined = rentalPaymentOf({ transactionId: 't1', errorCode: 'sandbox:insufficient_funds' });
const undecided = rentalPaymentOf({ transactionId: 't1', status: 'PENDING', errorCode: 'sandbox:timeout' });
const waiting = (payment = declined) => rentalOf({ status: 'AWAITING_PAYMENT', payment, createdAt: minutesAgo(6) });

/** Fills the steps and hands the checkout in with this card. */
async function handIn(user: UserEvent, card: string): Promise<void> {
  await user.click(await screen.findByTestId('wizard-partner'));
  await user.click(await screen.findByRole('option', { name: 'Béta Bau Bt.' }));
  await user.click(screen.getByTestId('wizard-next'));
  await user.click(await screen.findByRole('button', { name: /^Hozzáad: Bosch/ }));
  await screen.findByTestId('wizard-line');
  await user.click(screen.getByTestId('wizard-next'));
  await user.selectOptions(await screen.findByTestId('wizard-card-token'), card);
  await user.click(screen.getByTestId('wizard-submit'));
}

const offeredCards = () =>
  within(screen.getByTestId('wizard-card-token'))
    .getAllByRole<HTMLOptionElement>('option')
    .map(({ value }) => value);

it('stays at the payment after a decline, and counts down how long the pieces are kept', async () => {
  openShop('OPERATOR')
    .on('POST /rentals', () => json(waiting(), 201))
    .on('GET /rentals/r1', waiting());
  const { container, router, user } = await renderPage('/rentals/new');
  await handIn(user, 'tok_insufficient_funds');
  expect(await screen.findByTestId('wizard-result')).toHaveAttribute('data-status', 'AWAITING_PAYMENT');
  expect(screen.getByTestId('checkout-wizard')).toHaveAttribute('data-step', 'pay');
  expect(router.state.location.search).toEqual({ step: 'pay' });
  expect(
    screen.getByRole('list', { name: 'A felvétel lépései' }).querySelector('[aria-current="step"]'),
  ).toHaveTextContent('Fizetés');
  // What was handed in cannot be changed any more.
  expect(screen.queryByRole('button', { name: '2. lépés: Tételek' })).toBeNull();
  await waitFor(() => expect(screen.getByRole('timer')).toHaveTextContent(/^2[34]:[0-5]\d$/));
  const before = screen.getByRole('timer').textContent;
  await waitFor(() => expect(screen.getByRole('timer').textContent).not.toBe(before));
  await waitFor(() => expect(screen.getByRole('heading', { name: 'A bérlés fizetésre vár' })).toHaveFocus());
  expect(await accessibilityProblems(container)).toEqual([]);

  act(() => router.history.back());
  await waitFor(() => expect(router.state.location).toMatchObject({ pathname: '/rentals', search: { rental: 'r1' } }));
});

it('goes on to the result when it is paid, wherever that was', async () => {
  let paid = false;
  openShop('OPERATOR')
    .on('POST /rentals', () => json(waiting(), 201))
    .on('GET /rentals/r1', () => json(paid ? rentalOf({ paidAmount: 42_000 }) : waiting()));
  const { router, user } = await renderPage('/rentals/new');
  await handIn(user, 'tok_insufficient_funds');
  await screen.findByTestId('wizard-result');
  await screen.findByTestId('wizard-countdown');
  paid = true;
  // The page reads the rental again by itself.
  await waitFor(() => expect(screen.getByTestId('wizard-result')).toHaveAttribute('data-status', 'OPEN'), {
    timeout: 30_000,
  });
  expect(screen.getByTestId('checkout-wizard')).toHaveAttribute('data-step', 'done');
  await waitFor(() => expect(router.state.location.search).toEqual({ step: 'done' }));
}, 60_000);

it('says that the rental is cancelled when nobody paid in time', async () => {
  openShop('OPERATOR')
    .on('POST /rentals', () => json({ ...waiting(), createdAt: minutesAgo(31) }, 201))
    .on('GET /rentals/r1', () => json(rentalOf({ status: 'CANCELLED' })));
  const { user } = await renderPage('/rentals/new');
  await handIn(user, 'tok_insufficient_funds');
  await screen.findByTestId('wizard-result');
  expect(await screen.findByText(/nem fizették ki időben/)).toBeInTheDocument();
  expect(screen.getByTestId('wizard-result')).toHaveAttribute('data-status', 'CANCELLED');
  expect(screen.getByTestId('checkout-wizard')).toHaveAttribute('data-step', 'done');
});

it('offers to check the state after a timeout, and the same card only when the state is known', async () => {
  let payment = undecided;
  const server = openShop('OPERATOR')
    .on('POST /rentals', () => json(waiting(undecided), 201))
    .on('GET /rentals/r1', () => json(waiting(payment)));
  const { container, user } = await renderPage('/rentals/new');
  await handIn(user, 'tok_insufficient_funds');
  await screen.findByTestId('wizard-result');
  const check = await screen.findByTestId('pay-check');
  expect(screen.getByRole('alert')).toHaveTextContent('A bank nem válaszolt időben');
  expect(screen.queryByTestId('wizard-submit')).toBeNull();
  await user.click(check);
  expect(await screen.findByText(/-kor még nem válaszolt\./)).toBeInTheDocument();
  expect(await accessibilityProblems(container)).toEqual([]);

  await user.click(screen.getByTestId('pay-other-way'));
  expect(offeredCards()).toContain('tok_ok');
  expect(offeredCards()).not.toContain('tok_insufficient_funds');
  expect(screen.getByText(/csak akkor terhelhető újra/)).toBeInTheDocument();

  payment = { ...undecided, status: 'DECLINED' };
  await user.click(check);
  expect(await screen.findByText('próbálja újra')).toBeInTheDocument();
  expect(screen.queryByTestId('pay-check')).toBeNull();
  expect(offeredCards()).toContain('tok_insufficient_funds');
  expect(server.seen('POST /payments')).toEqual([]);
});

it('does not offer a card again whose second payment timed out, also beside another one that was declined', async () => {
  let latest = declined;
  let answer = problem(504, 'PAYMENT_TIMEOUT', { transactionId: 't2', errorCode: 'sandbox:timeout' });
  const server = openShop('OPERATOR')
    .on('POST /rentals', () => json(waiting(), 201))
    .on('GET /rentals/r1', () => json(waiting(latest)))
    .on('POST /payments', () => answer);
  const { user } = await renderPage('/rentals/new');
  await handIn(user, 'tok_insufficient_funds');
  await screen.findByTestId('wizard-result');
  await user.selectOptions(await screen.findByTestId('wizard-card-token'), 'tok_ok');
  latest = { ...undecided, transactionId: 't2' };
  await user.click(screen.getByTestId('wizard-submit'));
  await screen.findByTestId('pay-check');
  await user.click(await screen.findByTestId('pay-other-way'));
  expect(offeredCards()).toContain('tok_insufficient_funds');
  expect(offeredCards()).not.toContain('tok_ok');

  answer = problem(409, 'CONFLICT');
  await user.click(screen.getByTestId('wizard-submit'));
  expect(await screen.findByText(/Az előző fizetés állapota még nem ismert/)).toBeInTheDocument();
  await user.click(await screen.findByTestId('pay-other-way'));
  answer = problem(402, 'PAYMENT_DECLINED', { transactionId: 't3', errorCode: 'sandbox:insufficient_funds' });
  latest = { ...declined, transactionId: 't3' };
  await user.click(screen.getByTestId('wizard-submit'));
  await waitFor(() => expect(screen.queryByTestId('pay-check')).toBeNull());
  expect(offeredCards()).toContain('tok_insufficient_funds');
  expect(offeredCards()).not.toContain('tok_ok');
  expect(server.seen('POST /payments').map(({ body }) => (body as { cardToken: string }).cardToken)).toEqual([
    'tok_ok',
    'tok_insufficient_funds',
    'tok_insufficient_funds',
  ]);
});

it('takes only cash in another window while the card without an answer is not known there', async () => {
  openShop('STORE_MANAGER').on('GET /rentals/r2', { ...waiting(undecided), id: 'r2' });
  const { user } = await renderPage('/rentals?status=AWAITING_PAYMENT');
  await user.click((await screen.findAllByTestId('rental-pay'))[0] ?? document.body);
  const window = await screen.findByRole('dialog');
  await user.click(await within(window).findByTestId('pay-check'));
  await user.click(await within(window).findByTestId('pay-other-way'));
  expect(
    within(within(window).getByTestId('pay-method'))
      .getAllByRole<HTMLOptionElement>('option')
      .map(({ value }) => value),
  ).toEqual(['CASH']);
});

it('can only repeat a checkout whose answer was lost', async () => {
  let lost = true;
  const server = openShop('OPERATOR').on('POST /rentals', () => {
    if (!lost) return json(rentalOf({ payment: rentalPaymentOf({ status: 'SUCCEEDED' }) }), 201);
    throw new TypeError('network down');
  });
  const { router, user } = await renderPage('/rentals/new');
  await handIn(user, 'tok_ok');
  expect(await screen.findByText(/Lehet, hogy a bérlés már elindult/)).toBeInTheDocument();
  expect(screen.getByTestId('wizard-method')).toBeDisabled();
  expect(screen.getByRole('button', { name: 'Vissza' })).toBeDisabled();
  lost = false;
  await user.click(screen.getByRole('button', { name: 'Küldés újra' }));
  expect(await screen.findByTestId('wizard-result')).toHaveAttribute('data-status', 'OPEN');
  const [first, second] = server.seen('POST /rentals');
  expect(second?.body).toEqual(first?.body);
  expect(second?.headers.get('Idempotency-Key')).toBe(first?.headers.get('Idempotency-Key'));
  await waitFor(() => expect(router.state.location.search).toEqual({ step: 'done' }));
});
