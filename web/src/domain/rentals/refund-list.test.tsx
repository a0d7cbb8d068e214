import { screen, waitFor, within } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import type { Refund } from '../../shared/model';
import { json, openShop, page, problem } from '../../test/fake-server';
import { accessibilityProblems, renderPage } from '../../test/render-page';

vi.mock('../../live/live-provider', () => import('../../test/quiet-live'));
vi.mock('../../live/connection-chip', () => import('../../test/quiet-live'));
vi.mock('../../live/notification-bell', () => import('../../test/quiet-live'));
vi.mock('../../live/toasts', () => import('../../test/quiet-live'));

const failed: Refund = {
  id: 'f1',
  transactionId: 't1',
  rentalId: 'r1',
  partnerId: 'beta',
  partnerName: 'Béta Bau Bt.',
  locationId: 'vaci',
  amount: 12_330,
  roundingAmount: 0,
  currency: 'HUF',
  method: 'CARD',
  status: 'FAILED',
  errorCode: 'sandbox:do_not_honour',
  errorMessage: 'x',
  createdBy: { id: 'u1', name: 'Szabó Katalin' },
  createdAt: new Date().toISOString(),
  settledAt: null,
  retryAt: null,
};

it('lists the open refunds with what is to be done, and asks the provider for one again', async () => {
  let refunds = [failed];
  let down = true;
  const server = openShop('STORE_MANAGER')
    .on('GET /refunds', () => json(page(refunds)))
    .on('POST /refunds/f1/retry', () => {
      if (down) return problem(503, 'UNAVAILABLE');
      refunds = [];
      return json({ ...failed, status: 'SUCCEEDED' });
    });
  const { user } = await renderPage('/payments?status=TODO');
  const widget = within(await screen.findByTestId('open-refunds'));
  expect(server.seen('GET /refunds')[0]?.search.get('open')).toBe('true');
  expect(widget.getByTestId('refund-row')).toHaveTextContent(
    /Béta Bau Bt\..*Kártyára.*elutasította.*12\s330\sFt.*Sikertelen/,
  );
  expect(await accessibilityProblems(screen.getByTestId('open-refunds'))).toEqual([]);
  await user.click(widget.getByRole('button', { name: /Újra most/ }));
  expect(await widget.findByRole('alert')).toHaveTextContent('átmenetileg nem érhető el');
  down = false;
  await user.click(widget.getByRole('button', { name: /Újra most/ }));
  await waitFor(() => expect(screen.queryByTestId('open-refunds')).not.toBeInTheDocument());
});

it('opens the rental of a refund', async () => {
  openShop('STORE_MANAGER')
    .on('GET /refunds', page([failed]))
    .on('GET /rentals', page([]));
  const { user, router } = await renderPage('/payments?status=TODO');
  await user.click(await screen.findByRole('button', { name: 'Béta Bau Bt.' }));
  await waitFor(() => expect(router.state.location.href).toBe('/rentals?rental=r1'));
});

it('shows nothing where no refund is open', async () => {
  openShop('STORE_MANAGER');
  await renderPage('/payments?status=TODO');
  await screen.findAllByTestId('failure-row');
  expect(screen.queryByTestId('open-refunds')).not.toBeInTheDocument();
});
