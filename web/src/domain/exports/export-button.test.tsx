import { act, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { setLocationFilter } from '../../shared/location-filter';
import { json, openShop, page, problem } from '../../test/fake-server';
import { renderPage } from '../../test/render-page';

vi.mock('../../live/live-provider', () => import('../../test/quiet-live'));
vi.mock('../../live/connection-chip', () => import('../../test/quiet-live'));
vi.mock('../../live/notification-bell', () => import('../../test/quiet-live'));
vi.mock('../../live/toasts', () => import('../../test/quiet-live'));

const saved: { name: string; content: Blob }[] = [];
vi.mock('./save-file', () => ({ saveFile: (file: { name: string; content: Blob }) => void saved.push(file) }));

beforeEach(() => saved.splice(0));
afterEach(() => setLocationFilter(null));

function csv(name: string, text: string): Response {
  return new Response(text, { headers: { 'Content-Disposition': `attachment; filename="${name}"` } });
}

it('saves the list as it is filtered, as the signed-in user, under the server’s name', async () => {
  const server = openShop('STORE_MANAGER').on('GET /exports/payments.csv', () =>
    csv('harang-payments-2026-11-30.csv', 'transactionId\r\nt1\r\n'),
  );
  const { user } = await renderPage('/payments?status=SUCCEEDED');
  act(() => setLocationFilter('kelenfold'));
  await user.click(await screen.findByTestId('export-payments'));
  await waitFor(() => expect(saved).toHaveLength(1));
  expect(saved[0]?.name).toBe('harang-payments-2026-11-30.csv');
  expect(await saved[0]?.content.text()).toBe('transactionId\r\nt1\r\n');
  expect(await screen.findByText('Letöltve: harang-payments-2026-11-30.csv')).toBeInTheDocument();
  const [asked] = server.seen('GET /exports/payments.csv');
  expect(Object.fromEntries(asked?.search ?? [])).toEqual({ status: 'SUCCEEDED', locationId: 'kelenfold' });
  expect(asked?.headers.get('Authorization')).toBe('Bearer token-STORE_MANAGER');
});

it.each([
  ['/stock?search=hilti&severity=WARNING', 'stock', { search: 'hilti', severity: 'WARNING' }],
  ['/rentals?status=OVERDUE', 'rentals', { status: 'OVERDUE', sort: 'overdue' }],
  ['/locations?archived=true', 'locations', { archived: 'true' }],
  ['/rentals?out=true&dueTo=2026-11-30', 'rentals', { out: 'true', dueTo: '2026-11-30', sort: 'dueAt' }],
  ['/rentals?search=123&sort=-createdAt', 'rentals', { search: '123', sort: '-createdAt' }],
])('exports what the address shows: %s', async (address, name, filter) => {
  const server = openShop('OPERATOR').on(`GET /exports/${name}.csv`, () => csv(`${name}.csv`, 'x'));
  const { user } = await renderPage(address);
  await user.click(await screen.findByTestId(`export-${name}`));
  await waitFor(() => expect(saved).toHaveLength(1));
  expect(Object.fromEntries(server.seen(`GET /exports/${name}.csv`)[0]?.search ?? [])).toEqual(filter);
});

it('saves nothing of a file that is refused or breaks off, and says why', async () => {
  let answer = () => problem(403, 'FORBIDDEN');
  openShop('OPERATOR')
    .on('GET /rentals', () => json(page([])))
    .on('GET /exports/rentals.csv', () => answer());
  const { user } = await renderPage('/rentals');
  await user.click(await screen.findByTestId('export-rentals'));
  expect(await screen.findByText('Ehhez nincs jogosultsága.')).toBeInTheDocument();
  answer = () =>
    new Response(
      new ReadableStream({
        start(part) {
          part.enqueue(new TextEncoder().encode('rentalId\r\n'));
          part.error(new Error('the connection is gone'));
        },
      }),
    );
  await user.click(screen.getByTestId('export-rentals'));
  expect(await screen.findByText(/A szerver most nem érhető el/)).toBeInTheDocument();
  expect(saved).toEqual([]);
});
