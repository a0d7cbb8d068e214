import { act, fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import type { Revenue } from '../../api/reports';
import { toDateField } from '../../shared/format';
import { setLocationFilter } from '../../shared/location-filter';
import { openShop } from '../../test/fake-server';
import { accessibilityProblems, renderPage } from '../../test/render-page';
import { daysOf, rangeOf } from './closing-range';

vi.mock('../../live/live-provider', () => import('../../test/quiet-live'));
vi.mock('../../live/connection-chip', () => import('../../test/quiet-live'));
vi.mock('../../live/notification-bell', () => import('../../test/quiet-live'));
vi.mock('../../live/toasts', () => import('../../test/quiet-live'));
vi.mock('../../domain/exports/save-file', () => ({ saveFile: () => undefined }));

afterEach(() => setLocationFilter(null));

const line = (locationName: string, method: 'CASH' | 'CARD', received: number, refunded = 0, rounding = 0) => ({
  locationId: locationName,
  locationName,
  method,
  payments: 2,
  receivedAmount: received,
  refunds: refunded === 0 ? 0 : 1,
  refundedAmount: refunded,
  roundingAmount: rounding,
  netAmount: received - refunded,
});

const revenue: Revenue = {
  from: '2026-11-29T23:00:00.000Z',
  to: '2026-11-30T23:00:00.000Z',
  currency: 'HUF',
  lines: [
    line('Váci út', 'CASH', 12_345, 2000, -2),
    line('Váci út', 'CARD', 30_000),
    line('Kelenföld', 'CASH', 5000, 0, 3),
  ],
  total: {
    payments: 6,
    receivedAmount: 47_345,
    refunds: 1,
    refundedAmount: 2000,
    roundingAmount: 1,
    netAmount: 45_345,
  },
};

it('closes the day: cash, card and all of it, with refunds and rounding by location and method', async () => {
  const server = openShop('STORE_MANAGER').on('GET /reports/revenue', revenue);
  const { container } = await renderPage('/payments/closing');
  expect(await screen.findByTestId('closing-cash')).toHaveTextContent('15 345 Ft');
  expect(screen.getByTestId('closing-card')).toHaveTextContent('30 000 Ft');
  expect(screen.getByTestId('closing-total')).toHaveTextContent('45 345 Ft47 345 Ft befolyt, 2 000 Ft visszajárt');
  const [first, , third] = screen.getAllByTestId('closing-line');
  expect(first).toHaveTextContent('Váci útKészpénz212 345 Ft12 000 Ft−2 Ft10 345 Ft');
  expect(third).toHaveTextContent('+3 Ft');
  expect(screen.getByTestId('closing')).toHaveTextContent('Budapest Gépkölcsönző · Minden telephely');
  const today = toDateField(new Date());
  expect(Object.fromEntries(server.seen('GET /reports/revenue')[0]?.search ?? [])).toEqual({ from: today, to: today });
  expect(await accessibilityProblems(container)).toEqual([]);
});

it('follows the range, the location and the days of the address, and saves the same', async () => {
  const server = openShop('STORE_MANAGER')
    .on('GET /reports/revenue', revenue)
    .on('GET /exports/revenue.csv', () => new Response('x'));
  const { user, router } = await renderPage('/payments/closing?from=2026-11-02&to=2026-11-05');
  expect(await screen.findByRole('radio', { name: 'Más napok' })).toBeChecked();
  act(() => setLocationFilter('kelenfold'));
  await waitFor(() =>
    expect(Object.fromEntries(server.seen('GET /reports/revenue').at(-1)?.search ?? [])).toEqual({
      from: '2026-11-02',
      to: '2026-11-05',
      locationId: 'kelenfold',
    }),
  );
  await user.click(screen.getByTestId('export-revenue'));
  await waitFor(() =>
    expect(Object.fromEntries(server.seen('GET /exports/revenue.csv')[0]?.search ?? [])).toEqual({
      from: '2026-11-02',
      to: '2026-11-05',
      locationId: 'kelenfold',
    }),
  );
  fireEvent.change(screen.getByLabelText('Utolsó nap'), { target: { value: '2026-11-01' } });
  expect(await screen.findByText('Az utolsó nap nem lehet korábbi az elsőnél.')).toBeInTheDocument();
  await user.click(screen.getByRole('radio', { name: 'Ma' }));
  await waitFor(() => expect(router.state.location.search).toEqual({}));
});

it('shows an operator no money', async () => {
  const server = openShop('OPERATOR');
  await renderPage('/payments/closing');
  expect(await screen.findByText('Ez az oldal üzletvezetőknek szól')).toBeInTheDocument();
  expect(server.seen('GET /reports/revenue')).toEqual([]);
});

it.each([
  ['today', '2026-11-30', '2026-11-30', '2026-11-30'],
  ['yesterday', '2026-03-01', '2026-02-28', '2026-02-28'],
  ['week', '2026-11-29', '2026-11-23', '2026-11-29'],
  ['week', '2026-11-30', '2026-11-30', '2026-11-30'],
  ['month', '2026-11-30', '2026-11-01', '2026-11-30'],
  // The clock changes on that day.
  ['yesterday', '2026-10-26', '2026-10-25', '2026-10-25'],
] as const)('%s on %s is from %s to %s', (name, today, from, to) => {
  expect(daysOf(name, today)).toEqual({ from, to });
});

it('knows its ranges again', () => {
  expect(rangeOf({ from: '2026-11-23', to: '2026-11-29' }, '2026-11-29')).toBe('week');
  expect(rangeOf({ from: '2026-11-30', to: '2026-11-30' }, '2026-11-30')).toBe('today');
  expect(rangeOf({ from: '2026-11-02', to: '2026-11-05' }, '2026-11-30')).toBe('own');
});
