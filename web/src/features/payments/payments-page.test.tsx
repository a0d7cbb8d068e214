import { screen, waitFor, within } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { failureOf, json, minutesAgo, openShop, page, paymentOf, problem, rentalOf } from '../../test/fake-server';
import { accessibilityProblems, renderPage } from '../../test/render-page';

vi.mock('../../live/live-provider', () => import('../../test/quiet-live'));
vi.mock('../../live/connection-chip', () => import('../../test/quiet-live'));
vi.mock('../../live/notification-bell', () => import('../../test/quiet-live'));
vi.mock('../../live/toasts', () => import('../../test/quiet-live'));

it('finds payments by words and days, with totals, and opens the rental of a row', async () => {
  const server = openShop('STORE_MANAGER').on('GET /payments', (request) =>
    json({
      ...page([paymentOf({ rentalNumber: 'B-2026-000042' })]),
      ...(request.search.get('from') !== null && { totals: { count: 3, paidAmount: 42_000, refundedAmount: 5000 } }),
    }),
  );
  const { user, router } = await renderPage('/payments?from=2026-11-01');
  await waitFor(() =>
    expect(screen.getByTestId('payment-totals')).toHaveTextContent(/3 fizetésbefolyt: 42.000.Ftvisszajárt: 5.?000.Ft/),
  );
  await user.type(screen.getByTestId('payment-search'), '42');
  await waitFor(() => expect(router.state.location.search).toEqual({ from: '2026-11-01', search: '42' }));
  await waitFor(() => expect(server.seen('GET /payments').at(-1)?.search.get('search')).toBe('42'));
  await user.click(screen.getByRole('link', { name: 'Bérlés megnyitása: Alfa Építő Kft. B-2026-000042' }));
  await waitFor(() => expect(router.state.location.href).toBe('/rentals?rental=r2'));
});

it('explains a decline and what to do', async () => {
  openShop('STORE_MANAGER');
  const { container } = await renderPage('/payments?transaction=t1');
  const [row] = await screen.findAllByTestId('payment-row');
  expect(row).toHaveTextContent('Nincs elég fedezet');
  expect(row).toHaveTextContent('kérjen másik kártyát');
  expect(row).not.toHaveTextContent('sandbox:');
  expect(row).toHaveAttribute('data-sought', 'true');
  expect(await accessibilityProblems(container)).toEqual([]);
});

it('says which failures are settled, and follows the location filter', async () => {
  const server = openShop('STORE_MANAGER')
    .on('GET /payments/failures', page([failureOf({ transactionId: 't9', rentalId: 'r9' })]))
    .on(
      'GET /payments',
      page([
        paymentOf(),
        // An earlier failure of a rental that still owes.
        paymentOf({ transactionId: 't8', rentalId: 'r9' }),
        // Nobody says any more what became of it.
        paymentOf({ transactionId: 't7', rentalId: 'r7', createdAt: minutesAgo(8 * 24 * 60) }),
      ]),
    );
  const { user } = await renderPage('/payments');
  const rows = await screen.findAllByTestId('payment-row');
  await waitFor(() => expect(rows[0]).toHaveTextContent('Rendeződött'));
  expect(rows[0]).not.toHaveTextContent('kérjen másik kártyát');
  expect(rows[1]).not.toHaveTextContent('Rendeződött');
  expect(rows[2]).not.toHaveTextContent('Rendeződött');
  await user.selectOptions(await screen.findByRole('combobox', { name: 'Telephely' }), 'kelenfold');
  for (const route of ['GET /payments', 'GET /payments/failures'])
    await waitFor(() => expect(server.seen(route).at(-1)?.search.get('locationId')).toBe('kelenfold'));
});

it('keeps the producer’s words for a code it does not know', async () => {
  openShop('ADMIN').on('GET /payments', page([paymentOf({ errorCode: 'acme:77', errorMessage: 'Terminal offline' })]));
  await renderPage('/payments', { language: 'en' });
  const [row] = await screen.findAllByTestId('payment-row');
  expect(row).toHaveTextContent('Terminal offline');
  expect(row).toHaveTextContent('ask for another card');
});

it('retries the payment of the rental', async () => {
  let status: 'AWAITING_PAYMENT' | 'OPEN' = 'AWAITING_PAYMENT';
  const server = openShop('STORE_MANAGER')
    .on('GET /rentals/r2', () => json(rentalOf({ id: 'r2', status })))
    .on('POST /payments', () => {
      status = 'OPEN';
      return json({ transactionId: 't3', status: 'SUCCEEDED' }, 201);
    });
  const { user } = await renderPage('/payments');
  await user.click(await screen.findByTestId('payment-retry'));
  await user.click(await screen.findByTestId('pay-submit'));
  expect(await screen.findByText('A fizetés sikerült')).toBeInTheDocument();
  expect(server.seen('POST /payments')[0]?.body).toMatchObject({ rentalId: 'r2', method: 'CARD', cardToken: 'tok_ok' });
  await user.click(
    within(screen.getByRole('dialog')).getAllByRole('button', { name: 'Bezárás' }).at(-1) ?? screen.getByRole('dialog'),
  );
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
});

it('warns against charging twice while the bank has not answered', async () => {
  openShop('STORE_MANAGER')
    .on('GET /rentals/r2', rentalOf({ id: 'r2', status: 'AWAITING_PAYMENT' }))
    .on('POST /payments', () => problem(504, 'PAYMENT_TIMEOUT', { transactionId: 't4' }));
  const { user } = await renderPage('/payments');
  await user.click(await screen.findByTestId('payment-retry'));
  await user.click(await screen.findByTestId('pay-submit'));
  expect(await screen.findByText(/addig ne terhelje újra/)).toBeInTheDocument();
});

it('offers no second try while the bank has not answered', async () => {
  const pending = { status: 'PENDING', errorCode: 'sandbox:timeout' } as const;
  openShop('STORE_MANAGER')
    .on('GET /payments', page([paymentOf(pending)]))
    .on('GET /payments/failures', page([failureOf(pending)]));
  await renderPage('/payments');
  const row = await screen.findByTestId('payment-row');
  await screen.findByRole('radio', { name: /^Elintézendő\s*1$/ });
  expect(row).toHaveAttribute('data-status', 'PENDING');
  expect(within(row).queryByTestId('payment-retry')).not.toBeInTheDocument();
});

it('shows other refusals of a payment', async () => {
  openShop('STORE_MANAGER')
    .on('GET /rentals/r2', rentalOf({ id: 'r2', status: 'AWAITING_PAYMENT' }))
    .on('POST /payments', () => problem(409, 'CONFLICT'));
  const { user } = await renderPage('/payments');
  await user.click(await screen.findByTestId('payment-retry'));
  await user.click(await screen.findByTestId('pay-submit'));
  expect(await screen.findByText('Közben megváltozott. Frissítse, és nézze meg újra.')).toBeInTheDocument();
});

it('filters by status, and says when there is nothing', async () => {
  openShop('STORE_MANAGER');
  const { user } = await renderPage('/payments');
  await user.click(await screen.findByRole('radio', { name: 'Sikeres' }));
  await waitFor(() =>
    expect(screen.getAllByTestId('payment-row').map((row) => row.dataset.status)).toEqual(['SUCCEEDED']),
  );
  await user.click(screen.getByRole('radio', { name: 'Függőben' }));
  expect(await screen.findByText('Nincs ilyen állapotú fizetés')).toBeInTheDocument();
});

it('is for managers only, and asks nothing for others', async () => {
  const server = openShop('OPERATOR');
  await renderPage('/payments');
  expect(await screen.findByText('Ez az oldal üzletvezetőknek szól')).toBeInTheDocument();
  expect(screen.queryByRole('link', { name: 'Fizetések' })).not.toBeInTheDocument();
  expect(server.seen('GET /payments')).toEqual([]);
});

it('shows what is to be done, other programs’ failures too, and pays ours from there', async () => {
  openShop('STORE_MANAGER').on('GET /rentals/r2', rentalOf({ id: 'r2', status: 'AWAITING_PAYMENT' }));
  const { user, container } = await renderPage('/payments');
  await user.click(await screen.findByRole('radio', { name: /^Elintézendő/ }));
  const rows = await screen.findAllByTestId('failure-row');
  expect(rows.map((row) => row.dataset.transactionId)).toEqual(['erp-1', 't1']);
  expect(screen.getAllByRole('button', { name: /^Fizetés újra/ })).toHaveLength(1);
  expect(await accessibilityProblems(container)).toEqual([]);
  await user.click(screen.getByRole('button', { name: 'Fizetés újra: Alfa Építő Kft.' }));
  expect(await screen.findByTestId('pay-submit')).toBeInTheDocument();
});

it('lists who owes among what is to be done, with the sum, and takes the payment there', async () => {
  let paid = 0;
  const debt = () => rentalOf({ id: 'r7', status: 'RETURNED', totalValue: 1233, paidAmount: paid });
  const server = openShop('STORE_MANAGER')
    .on('GET /payments/failures', page([]))
    .on('GET /rentals', () => json({ items: paid > 0 ? [] : [debt()], nextCursor: null, owedTotal: 1233 - paid }))
    .on('GET /rentals/r7', () => json(debt()))
    .on('POST /payments', () => {
      paid = 1233;
      return json({ transactionId: 't3', status: 'SUCCEEDED' }, 201);
    });
  const { user, container } = await renderPage('/payments?status=TODO');
  const row = await screen.findByTestId('debt-row');
  expect(row).toHaveTextContent('Béta Bau Bt.');
  expect(within(row).getByTestId('rental-owed')).toHaveTextContent('Fizetetlen');
  expect(screen.getByTestId('open-debts')).toHaveTextContent('Összes tartozás: 1 233 Ft');
  expect(server.seen('GET /rentals')[0]?.search.get('owed')).toBe('true');
  expect(await accessibilityProblems(container)).toEqual([]);
  await user.click(within(row).getByRole('button', { name: 'Fizetés: Béta Bau Bt.' }));
  await user.selectOptions(await screen.findByTestId('pay-method'), 'CASH');
  await user.click(await screen.findByTestId('pay-submit'));
  await screen.findByText('A fizetés sikerült');
  expect(server.seen('POST /payments')[0]?.body).toMatchObject({ rentalId: 'r7', method: 'CASH', amount: 1235 });
  await waitFor(() => expect(screen.queryByTestId('open-debts')).not.toBeInTheDocument());
});

it('opens at another program’s failure that a link names', async () => {
  openShop('STORE_MANAGER');
  await renderPage('/payments?transaction=erp-1');
  const row = await screen.findByText('A terminál nem válaszol');
  expect(row.closest('[data-testid="failure-row"]')).toHaveAttribute('data-sought', 'true');
  expect(screen.getByRole('radio', { name: /^Elintézendő/ })).toBeChecked();
});
