import { screen, waitFor, within } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import type { Partner } from '../../shared/model';
import { cards, json, openShop, page, partners, problem, rentalOf } from '../../test/fake-server';
import { accessibilityProblems, renderPage } from '../../test/render-page';
import { newId } from '../../domain/catalogue/new-id';

vi.mock('../../live/live-provider', () => import('../../test/quiet-live'));
vi.mock('../../live/connection-chip', () => import('../../test/quiet-live'));
vi.mock('../../live/notification-bell', () => import('../../test/quiet-live'));
vi.mock('../../live/toasts', () => import('../../test/quiet-live'));

const eva: Partner = {
  id: 'p-eva',
  name: 'Kiss Éva',
  phone: '06 30 555 0101',
  email: 'eva@kiss.example',
  note: null,
  archived: false,
  owedAmount: 12_000,
  lastRentalAt: new Date().toISOString(),
};

it('lets everybody search and see who owes; archiving and erasing is for administrators', async () => {
  openShop('OPERATOR').on('GET /partners', ({ search }) =>
    json(page([eva, ...partners].filter(({ name }) => name.toLowerCase().includes(search.get('search') ?? '')))),
  );
  const { user, container } = await renderPage('/partners');
  await waitFor(() => expect(screen.getAllByTestId('partner-row')).toHaveLength(3));
  const [first] = screen.getAllByTestId('partner-row');
  expect(first).toHaveTextContent('06 30 555 0101 · eva@kiss.example');
  expect(screen.getByTestId('partner-owes')).toHaveTextContent('Tartozik: 12 000 Ft');
  expect(screen.getByRole('link', { name: 'Kiss Éva' })).toHaveAttribute('href', '/partners/p-eva');
  expect(screen.queryByRole('button', { name: /Archiválás|Adatok törlése/ })).not.toBeInTheDocument();
  expect(await accessibilityProblems(container)).toEqual([]);
  await user.type(screen.getByRole('searchbox'), 'béta');
  await waitFor(() => expect(screen.getAllByTestId('partner-row')).toHaveLength(1));
  await user.type(screen.getByRole('searchbox'), 'xyz');
  expect(await screen.findByText('Nincs találat')).toBeInTheDocument();
});

it('adds a partner as a clerk; a repeated attempt keeps its key', async () => {
  const made: Partner[] = [];
  let broken = true;
  const server = openShop('OPERATOR').on('GET /partners', () => json(page([...partners, ...made])));
  server.on('POST /partners', ({ body }) => {
    if (broken) return problem(503, 'UNAVAILABLE');
    const partner = { ...eva, ...(body as { name: string }) };
    made.push(partner);
    return json({ ...partner, samePhone: [] }, 201);
  });
  const { user } = await renderPage('/partners');
  await user.click(await screen.findByRole('button', { name: 'Új partner' }));
  const dialog = await screen.findByRole('dialog');
  await user.click(within(dialog).getByRole('button', { name: 'Mentés' }));
  expect(within(dialog).getByText('Adja meg a partner nevét.')).toBeInTheDocument();
  await user.type(within(dialog).getByLabelText('Név'), 'Újházi és Fia Bt.');
  await user.type(within(dialog).getByLabelText('E-mail'), 'valami');
  await user.click(within(dialog).getByRole('button', { name: 'Mentés' }));
  expect(within(dialog).getByText(/^E-mail-címet adjon meg/)).toBeInTheDocument();
  await user.type(within(dialog).getByLabelText('E-mail'), '@ujhazi.example');
  await user.click(within(dialog).getByRole('button', { name: 'Mentés' }));
  expect(await within(dialog).findByText(/átmenetileg nem érhető el/)).toBeInTheDocument();
  broken = false;
  await user.click(within(dialog).getByRole('button', { name: 'Mentés' }));
  expect(await screen.findByText('Újházi és Fia Bt.')).toBeInTheDocument();
  const sent = server.seen('POST /partners');
  expect(sent.map(({ headers }) => headers.get('Idempotency-Key'))).toEqual([
    sent[0]?.headers.get('Idempotency-Key'),
    sent[0]?.headers.get('Idempotency-Key'),
  ]);
  expect(sent[1]?.body).toEqual({
    name: 'Újházi és Fia Bt.',
    phone: null,
    email: 'valami@ujhazi.example',
    note: null,
  });
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
});

it('changes a partner, and points out another one with the same number', async () => {
  const other = { ...eva, id: 'p-other', name: 'Kiss Éva e.v.' };
  const server = openShop('OPERATOR').on('GET /partners', ({ search }) =>
    json(page(search.get('phone') === '+36 30 555-0101' ? [other] : [eva])),
  );
  server.on('PATCH /partners/p-eva', ({ body }) => json({ ...eva, ...(body as object), samePhone: [] }));
  const { user } = await renderPage('/partners');
  await user.click(await screen.findByRole('button', { name: 'Szerkesztés: Kiss Éva' }));
  const dialog = await screen.findByRole('dialog');
  const phone = within(dialog).getByLabelText('Telefon');
  expect(phone).toHaveValue('06 30 555 0101');
  await user.clear(phone);
  await user.type(phone, '\u202a+36 30 555–0101\u202c'); // as it is copied from elsewhere
  expect(await within(dialog).findByRole('link', { name: 'Megnyitás: Kiss Éva e.v.' })).toHaveAttribute(
    'href',
    '/partners/p-other',
  );
  await user.type(within(dialog).getByLabelText('Megjegyzés'), 'csak délután');
  await user.click(within(dialog).getByRole('button', { name: 'Mentés' }));
  await waitFor(() =>
    expect(server.seen('PATCH /partners/p-eva')[0]?.body).toEqual({
      name: 'Kiss Éva',
      phone: '+36 30 555-0101',
      email: 'eva@kiss.example',
      note: 'csak délután',
    }),
  );
});

it('shows one partner: contacts, debt, rentals and cards', async () => {
  openShop('ADMIN')
    .on('GET /partners/p-eva', { ...eva, note: 'csak délután\nhívható', samePhone: [{ id: 'alfa', name: 'Alfa' }] })
    .on('GET /partners/p-eva/rentals', page([rentalOf({ paidAmount: 30_000 })]))
    .on('GET /partners/p-eva/cards', page(cards));
  const { container } = await renderPage('/partners/p-eva');
  expect(await screen.findByRole('heading', { name: 'Kiss Éva' })).toBeInTheDocument();
  expect(screen.getByTestId('partner-phone')).toHaveAttribute('href', 'tel:06305550101');
  expect(screen.getByTestId('partner-note')).toHaveTextContent('csak délután hívható');
  expect(screen.getByTestId('partner-owes')).toHaveTextContent('12 000 Ft');
  expect(screen.getByTestId('same-phone')).toHaveTextContent('Alfa');
  const rental = await screen.findByTestId('partner-rental');
  expect(rental).toHaveTextContent('B-2026-000123');
  expect(rental).toHaveTextContent('tartozik: 12 000 Ft');
  expect(within(rental).getByRole('link')).toHaveAttribute('href', '/rentals?rental=r1');
  expect(await screen.findByText('Visa •••• 1234')).toBeInTheDocument();
  expect(screen.getAllByText('lejár: 10/27').length).toBeGreaterThan(0);
  expect(await accessibilityProblems(container)).toEqual([]);
});

it('says that a partner is not there', async () => {
  openShop('OPERATOR').on('GET /partners/nobody', () => problem(404, 'NOT_FOUND'));
  await renderPage('/partners/nobody');
  expect(await screen.findByText('Nincs ilyen partner')).toBeInTheDocument();
});

it('erases a partner after the name was typed, and says why it cannot', async () => {
  let refused = true;
  let gone = false;
  const server = openShop('ADMIN').on('GET /partners', () =>
    json(page(gone ? [] : [{ id: 'alfa', name: 'Alfa  Építő Kft.' }])),
  );
  server.on('POST /partners/alfa/erase', () => {
    if (refused) return problem(409, 'UNFINISHED', { rentals: ['r-1', 'r-2'] });
    gone = true;
    return json({ id: 'alfa', name: 'Törölt partner', erasedAt: '2026-03-02T10:00:00.000Z', running: true });
  });
  const { user } = await renderPage('/partners');
  await user.click(await screen.findByRole('button', { name: /^Adatok törlése: Alfa/ }));
  const dialog = await screen.findByRole('dialog');
  const confirm = within(dialog).getByRole('button', { name: 'Végleges törlés' });
  expect(confirm).toBeDisabled();
  await user.type(within(dialog).getByLabelText('A törléshez írja be a nevet'), 'Alfa Építő');
  expect(confirm).toBeDisabled();
  await user.type(within(dialog).getByLabelText('A törléshez írja be a nevet'), ' Kft.');
  await user.click(confirm);
  expect(await within(dialog).findByRole('alert')).toHaveTextContent('Előbb fejezze be a bérléseit: 2 vagy több');
  refused = false;
  await user.click(confirm);
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  expect(screen.queryByTestId('partner-row')).not.toBeInTheDocument();
  expect(server.seen('POST /partners/alfa/erase')).toHaveLength(2);
});

it('makes ids of names in any letters', () => {
  expect(newId('  Árvíztűrő Kft. ')).toMatch(/^arvizturo-kft-[0-9a-f]{6}$/);
  expect(newId('„…”')).toMatch(/^[0-9a-f]{6}$/);
  expect(newId('x'.repeat(200)).length).toBeLessThan(60);
});
