import { screen, waitFor, within } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import type { AuditEntry } from '../../api/audit';
import { json, minutesAgo, openShop, page } from '../../test/fake-server';
import { accessibilityProblems, renderPage } from '../../test/render-page';

vi.mock('../../live/live-provider', () => import('../../test/quiet-live'));
vi.mock('../../live/connection-chip', () => import('../../test/quiet-live'));
vi.mock('../../live/notification-bell', () => import('../../test/quiet-live'));
vi.mock('../../live/toasts', () => import('../../test/quiet-live'));
vi.mock('../../domain/exports/save-file', () => ({ saveFile: () => undefined }));

const entryOf = (more: Partial<AuditEntry>): AuditEntry => ({
  id: 'a1',
  at: minutesAgo(5),
  actor: { id: 'u2', name: 'Kiss Eszter', role: 'OPERATOR' },
  action: 'rental.cancel',
  subject: { type: 'rental', id: 'r1', name: 'Alfa Építő Kft.' },
  from: '192.0.2.7',
  before: { status: 'OPEN', paidAmount: 14700 },
  after: { status: 'CANCELLED' },
  count: 1,
  ...more,
});

const firstRow = async () => {
  const [row] = await screen.findAllByTestId('audit-row');
  if (row === undefined) throw new Error('no row');
  return within(row);
};

it('shows who did what, from where and what changed; the filters are in the address', async () => {
  const server = openShop('ADMIN').on(
    'GET /audit',
    page([
      entryOf({}),
      entryOf({
        id: 'a2',
        actor: { id: '', name: '', role: null },
        action: 'session.refuse',
        subject: { type: 'user', id: 'u2', name: 'Kiss Eszter' },
        from: '198.51.100.0/24',
        before: null,
        after: null,
        count: 7,
      }),
      entryOf({ id: 'a3', action: 'shelf.dust', before: null, after: { shine: 3 }, from: null }),
    ]),
  );
  const { user, container } = await renderPage('/audit?since=2026-11-01');
  const rows = await screen.findAllByTestId('audit-row');
  expect(rows[0]).toHaveTextContent('Kiss EszterPultosBérlést lemondottAlfa Építő Kft.');
  expect(rows[0]).toHaveTextContent('ÁllapotKint van → Lemondva');
  expect(rows[0]).toHaveTextContent(/Fizetve14\s700\sFt/);
  expect(rows[0]).toHaveTextContent('innen: 192.0.2.7');
  expect(rows[1]).toHaveTextContent('IsmeretlenSikertelen belépés · 7 alkalommal');
  // What a later version adds is shown by its name.
  expect(rows[2]).toHaveTextContent('shelf.dust');
  expect(rows[2]).toHaveTextContent('shine3');
  expect(await accessibilityProblems(container)).toEqual([]);
  expect(Object.fromEntries(server.seen('GET /audit')[0]?.search ?? [])).toMatchObject({ since: '2026-11-01' });

  await user.click((await firstRow()).getByRole('button', { name: 'Kiss Eszter' }));
  await waitFor(() => expect(server.seen('GET /audit').at(-1)?.search.get('actor')).toBe('u2'));
  await user.selectOptions(screen.getByTestId('audit-action'), 'rental.cancel');
  await waitFor(() => expect(server.seen('GET /audit').at(-1)?.search.get('action')).toBe('rental.cancel'));
  expect(await screen.findByText('Csak ő: Kiss Eszter')).toBeInTheDocument();
  await user.click((await firstRow()).getByRole('button', { name: 'Alfa Építő Kft.' }));
  await waitFor(() => expect(server.seen('GET /audit').at(-1)?.search.get('subject')).toBe('rental:r1'));
  await user.click(screen.getByRole('button', { name: 'Szűrők törlése' }));
  await waitFor(() => expect(server.seen('GET /audit').at(-1)?.search.has('subject')).toBe(false));
});

it('saves what is shown', async () => {
  const server = openShop('ADMIN')
    .on('GET /audit', page([]))
    .on('GET /exports/audit.csv', () => json({}));
  const { user } = await renderPage('/audit?action=list.export&actor=u2');
  expect(await screen.findByText('Nincs ilyen bejegyzés')).toBeInTheDocument();
  await user.click(screen.getByTestId('export-audit'));
  await waitFor(() => expect(server.seen('GET /exports/audit.csv')).toHaveLength(1));
  expect(Object.fromEntries(server.seen('GET /exports/audit.csv')[0]?.search ?? [])).toEqual({
    action: 'list.export',
    actor: 'u2',
  });
});

it('is for administrators only, and asks nothing for others', async () => {
  const server = openShop('STORE_MANAGER');
  await renderPage('/audit');
  expect(await screen.findByText('Ez az oldal adminisztrátoroknak szól')).toBeInTheDocument();
  expect(server.seen('GET /audit')).toEqual([]);
});

it('a stock item shows its movements with reason and balance; managers see its changes, too', async () => {
  const movements = page([
    { at: minutesAgo(1), by: { id: 'u2', name: 'Kiss Eszter' }, delta: -2, quantity: 6, reason: 'eltűnt' },
    { at: minutesAgo(9), by: { id: 'u1', name: 'Nagy Péter' }, delta: 8, quantity: 8, reason: 'catalogue' },
  ]);
  const server = openShop('STORE_MANAGER')
    .on('GET /inventory/stock/p1/vaci/history', movements)
    .on(
      'GET /audit',
      page([
        entryOf({
          action: 'stock.expect',
          subject: { type: 'stock', id: 'p1/vaci', name: 'Makita' },
          before: { expectedAt: null },
          after: { expectedAt: '2026-12-05' },
        }),
      ]),
    );
  const { user } = await renderPage('/stock');
  await user.click(
    await screen.findByRole('button', { name: 'Előzmények: Makita HR2470 fúrókalapács' }, { timeout: 5000 }),
  );
  const history = await screen.findByTestId('stock-history');
  const lines = await within(history).findAllByTestId('movement');
  expect(lines[0]).toHaveTextContent('−2 · eltűnt');
  expect(lines[0]).toHaveTextContent('Kiss Eszter');
  expect(lines[0]).toHaveTextContent('maradt: 6');
  expect(lines[1]).toHaveTextContent('+8 · katalógus');
  expect(await within(history).findByTestId('history-entry')).toHaveTextContent('Rendelést jelölt (riasztás némítva)');
  expect(server.seen('GET /audit')[0]?.search.get('subject')).toBe('stock:p1/vaci');
});

it('an operator sees the movements alone', async () => {
  const server = openShop('OPERATOR').on('GET /inventory/stock/p1/vaci/history', page([]));
  const { user } = await renderPage('/stock');
  await user.click(await screen.findByRole('button', { name: 'Előzmények: Makita HR2470 fúrókalapács' }));
  expect(await screen.findByText('Nincs feljegyzett mozgás.')).toBeInTheDocument();
  expect(server.seen('GET /audit')).toEqual([]);
});
