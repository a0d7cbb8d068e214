import { screen, waitFor } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { json, openShop } from '../../test/fake-server';
import { renderPage } from '../../test/render-page';

vi.mock('../../live/live-provider', () => import('../../test/quiet-live'));
vi.mock('../../live/connection-chip', () => import('../../test/quiet-live'));
vi.mock('../../live/notification-bell', () => import('../../test/quiet-live'));
vi.mock('../../live/toasts', () => import('../../test/quiet-live'));

let broken = true;
vi.mock('./day-figures', () => ({
  DayFigures: () => {
    if (broken) throw new Error('no figures');
    return <p>figures</p>;
  },
}));

it('a widget that throws leaves the rest of the dashboard, and can be tried again', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const server = openShop('STORE_MANAGER').on('POST /client-errors', () => json(undefined, 204));
  const { user } = await renderPage('/');
  expect(await screen.findByTestId('part-failed')).toHaveTextContent('Ez a rész hibába futott');
  await waitFor(() => expect(screen.getAllByTestId('alert-row')).toHaveLength(2));
  expect(await screen.findByTestId('payment-failures')).toBeInTheDocument();
  expect(server.seen('POST /client-errors')[0]?.body).toMatchObject({ kind: 'component', page: '/' });
  broken = false;
  await user.click(screen.getByRole('button', { name: 'Újra' }));
  expect(screen.getByText('figures')).toBeInTheDocument();
});
