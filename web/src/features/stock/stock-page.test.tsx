import { act, screen, waitFor, within } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { boschBarcode, json, openShop, page, problem, stockItems } from '../../test/fake-server';
import { setOffline } from '../../test/quiet-live';
import { accessibilityProblems, renderPage } from '../../test/render-page';
import { scan } from '../../test/scan';

vi.mock('../../live/live-provider', () => import('../../test/quiet-live'));
vi.mock('../../live/connection-chip', () => import('../../test/quiet-live'));
vi.mock('../../live/notification-bell', () => import('../../test/quiet-live'));
vi.mock('../../live/toasts', () => import('../../test/quiet-live'));

afterEach(() => setOffline(false));

const [makita, , bosch] = stockItems;
if (makita === undefined || bosch === undefined) throw new Error('fixtures');

async function rowOf(productId: string): Promise<HTMLElement> {
  const rows = await screen.findAllByTestId('stock-row');
  const row = rows.find((each) => each.dataset.productId === productId);
  if (row === undefined) throw new Error(`no row of ${productId}`);
  return row;
}

it('lists stock with names, locations and levels', async () => {
  openShop('STORE_MANAGER');
  const { container } = await renderPage('/stock');
  const row = await rowOf('p1');
  expect(row).toHaveAttribute('data-location-id', 'vaci');
  expect(row).toHaveTextContent('Váci út4 900 Ft / nap');
  expect(within(row).getByTestId('stock-quantity')).toHaveTextContent('0');
  expect(await accessibilityProblems(container)).toEqual([]);
});

it('records an adjustment with its reason', async () => {
  const server = openShop('OPERATOR').on('POST /inventory/adjustments', { ...bosch, quantity: 2 });
  const { user } = await renderPage('/stock');
  const row = await rowOf('p3');
  await user.type(within(row).getByTestId('stock-delta'), '-1');
  await user.click(within(row).getByTestId('stock-submit'));
  expect(await within(row).findByText('Rögzítve: 2 db')).toBeInTheDocument();
  expect(server.seen('POST /inventory/adjustments')[0]?.body).toEqual({
    productId: 'p3',
    locationId: 'vaci',
    delta: -1,
    reason: 'Leltári eltérés',
  });
  await waitFor(() => expect(within(row).getByTestId('stock-delta')).toHaveValue(''));
});

it('repeats an adjustment under the same key until an answer settles it', async () => {
  let broken = true;
  const server = openShop('OPERATOR').on('POST /inventory/adjustments', () =>
    broken ? problem(503, 'UNAVAILABLE') : json({ ...bosch, quantity: 2 }),
  );
  const { user } = await renderPage('/stock');
  const row = await rowOf('p3');
  const keys = () => server.seen('POST /inventory/adjustments').map(({ headers }) => headers.get('Idempotency-Key'));
  await user.type(within(row).getByTestId('stock-delta'), '-1');
  await user.click(within(row).getByTestId('stock-submit'));
  await within(row).findByRole('alert');
  broken = false;
  await user.click(within(row).getByTestId('stock-submit'));
  await within(row).findByText('Rögzítve: 2 db');
  await user.type(within(row).getByTestId('stock-delta'), '-1');
  await user.click(within(row).getByTestId('stock-submit'));
  await waitFor(() => expect(keys()).toHaveLength(3));
  const [first, second, third] = keys();
  expect(first).toMatch(/^[0-9a-f-]{36}$/);
  expect(second).toBe(first);
  expect(third).not.toBe(first);
});

it('takes another reason, and steps by buttons and arrow keys', async () => {
  const server = openShop('OPERATOR').on('POST /inventory/adjustments', { ...bosch, quantity: 6 });
  const { user } = await renderPage('/stock');
  const row = await rowOf('p3');
  await user.click(within(row).getByRole('button', { name: `Eggyel több: ${bosch.productName}` }));
  await user.type(within(row).getByTestId('stock-delta'), '{ArrowUp}{ArrowUp}{ArrowDown}');
  await waitFor(() => expect(within(row).getByTestId('stock-delta')).toHaveValue('2'));
  const reason = within(row).getByTestId('stock-reason');
  await user.clear(reason);
  await user.type(reason, 'Beérkezés');
  await user.click(within(row).getByTestId('stock-submit'));
  await waitFor(() =>
    expect(server.seen('POST /inventory/adjustments')[0]?.body).toMatchObject({ delta: 2, reason: 'Beérkezés' }),
  );
});

it('refuses nothing, a fraction, an empty reason and less than there is, without asking the server', async () => {
  const server = openShop('OPERATOR');
  const { user } = await renderPage('/stock');
  const row = await rowOf('p3');
  const delta = within(row).getByTestId('stock-delta');
  await user.click(within(row).getByTestId('stock-submit'));
  expect(await within(row).findByText('Nullától eltérő egész számot adjon meg.')).toBeInTheDocument();
  await user.type(delta, '1.5');
  await user.click(within(row).getByTestId('stock-submit'));
  expect(await within(row).findByText('Nullától eltérő egész számot adjon meg.')).toBeInTheDocument();
  await user.clear(delta);
  await user.type(delta, '-4');
  await user.click(within(row).getByTestId('stock-submit'));
  await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Mégse' }));
  expect(await within(row).findByText('Nem mehet nulla alá: 3 db van.')).toBeInTheDocument();
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  await user.clear(delta);
  await user.type(delta, '-2');
  await user.clear(within(row).getByTestId('stock-reason'));
  await user.click(within(row).getByTestId('stock-submit'));
  expect(await within(row).findByText('Az indok 1–200 betű.')).toBeInTheDocument();
  expect(server.seen('POST /inventory/adjustments')).toEqual([]);
});

it('asks why there are more, and offers the usual reasons', async () => {
  const server = openShop('OPERATOR').on('POST /inventory/adjustments', { ...bosch, quantity: 7 });
  const { user } = await renderPage('/stock');
  const row = await rowOf('p3');
  await user.type(within(row).getByTestId('stock-delta'), '4');
  const reason = within(row).getByTestId('stock-reason');
  expect(reason).toHaveValue('');
  await user.click(within(row).getByTestId('stock-submit'));
  expect(await within(row).findByText('Írja be vagy válassza ki, miért lett több.')).toBeInTheDocument();
  await waitFor(() => expect(reason).toHaveFocus());
  expect(server.seen('POST /inventory/adjustments')).toEqual([]);
  await user.click(reason);
  await user.click(await screen.findByRole('option', { name: 'Beérkezés' }));
  await user.click(within(row).getByTestId('stock-submit'));
  await waitFor(() =>
    expect(server.seen('POST /inventory/adjustments')[0]?.body).toMatchObject({ delta: 4, reason: 'Beérkezés' }),
  );
});

it('shows the worst first, or sorts by name, and keeps the order in the address', async () => {
  const server = openShop('OPERATOR');
  const { user, router } = await renderPage('/stock');
  await rowOf('p1');
  const sorts = () => server.seen('GET /inventory/stock').map(({ search }) => search.get('sort'));
  expect(sorts()).not.toContain('name');
  await user.click(screen.getByRole('radio', { name: 'Névsor' }));
  await waitFor(() => expect(sorts().at(-1)).toBe('name'));
  expect(router.state.location.search).toEqual({ sort: 'name' });
});

it('shows what is free of how many, and on demand who has the others and until when', async () => {
  const due = new Date(Date.now() - 86_400_000).toISOString();
  openShop('OPERATOR')
    .on('GET /inventory/stock', page([{ ...bosch, out: 5, barcodes: [boschBarcode] }]))
    .on(
      'GET /inventory/stock/p3/vaci/returns',
      page([{ rentalId: 'r1', partnerId: 'b', partnerName: 'Béta Bau Bt.', status: 'OPEN', quantity: 4, dueAt: due }]),
    );
  const { user, container } = await renderPage('/stock');
  const row = await rowOf('p3');
  expect(row).toHaveTextContent('3 szabad / 8');
  expect(row).toHaveTextContent(boschBarcode);
  await user.click(within(row).getByTestId('stock-details'));
  const back = await within(row).findByTestId('stock-return');
  expect(back).toHaveTextContent(/tegnap, .*4 db.*Béta Bau Bt\..*Késik/);
  expect(within(back).getByRole('link')).toHaveAttribute('href', '/rentals?rental=r1');
  expect(row).toHaveTextContent('1 db fizetésre vár, nincs kint.');
  expect(row).toHaveTextContent('Nincs riasztási szintje.');
  expect(await accessibilityProblems(container)).toEqual([]);
  await user.click(within(row).getByTestId('stock-details'));
  expect(within(row).queryByTestId('stock-return')).not.toBeInTheDocument();
});

it('says at the field what the server refused', async () => {
  const answers = [
    problem(422, 'INSUFFICIENT_STOCK', { available: 1 }),
    problem(422, 'INVALID_REQUEST', { errors: [{ field: 'reason', detail: 'too long' }] }),
    problem(404, 'NOT_FOUND'),
  ];
  openShop('OPERATOR').on('POST /inventory/adjustments', () => answers.shift() ?? json({}));
  const { user } = await renderPage('/stock', { language: 'en' });
  const row = await rowOf('p3');
  await user.type(within(row).getByTestId('stock-delta'), '-2');
  const submit = within(row).getByTestId('stock-submit');
  await user.click(submit);
  expect(await within(row).findByText('Cannot go below zero: there are 1.')).toBeInTheDocument();
  await user.click(submit);
  expect(await within(row).findByText('too long')).toBeInTheDocument();
  await user.click(submit);
  expect(await within(row).findByText('This is no longer there.')).toBeInTheDocument();
});

it('lets managers set levels, and nobody else', async () => {
  const server = openShop('STORE_MANAGER').on('PATCH /inventory/stock/p3/vaci', bosch);
  const { user } = await renderPage('/stock');
  const row = await rowOf('p3');
  await user.click(within(row).getByRole('button', { name: `Riasztási szintek: ${bosch.productName}` }));
  const low = await screen.findByLabelText('Alacsony, ha kevesebb mint');
  const critical = screen.getByLabelText('Kritikus, ha kevesebb mint');
  await user.clear(low);
  await user.type(low, 'x');
  await user.click(await screen.findByRole('button', { name: 'Mentés' }));
  expect(await screen.findByText('0 vagy nagyobb egész számot adjon meg.')).toBeInTheDocument();
  await user.clear(low);
  await user.type(low, '2');
  await user.clear(critical);
  await user.type(critical, '4');
  await user.click(screen.getByRole('button', { name: 'Mentés' }));
  expect(await screen.findByText('Az alacsony szint nem lehet kisebb a kritikusnál.')).toBeInTheDocument();
  await user.clear(low);
  await user.type(low, '6');
  await user.click(screen.getByRole('button', { name: 'Mentés' }));
  await waitFor(() =>
    expect(server.seen('PATCH /inventory/stock/p3/vaci')[0]?.body).toEqual({
      warningThreshold: 6,
      criticalThreshold: 4,
    }),
  );
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
});

it('offers operators no levels', async () => {
  openShop('OPERATOR');
  await renderPage('/stock');
  await rowOf('p1');
  expect(screen.queryByRole('button', { name: /Riasztási szintek/ })).not.toBeInTheDocument();
});

it('searches and filters at the server and keeps both in the address', async () => {
  const server = openShop('OPERATOR');
  const { user, router } = await renderPage('/stock');
  await rowOf('p1');
  await user.type(screen.getByRole('searchbox'), 'honda');
  await waitFor(() => expect(screen.getAllByTestId('stock-row')).toHaveLength(1));
  await waitFor(() => expect(router.state.location.search).toEqual({ search: 'honda' }));
  await user.click(screen.getByRole('radio', { name: 'Kritikus' }));
  expect(await screen.findByText('Nincs találat')).toBeInTheDocument();
  expect(server.requests.at(-1)?.search.get('severity')).toBe('CRITICAL');
  await user.click(screen.getByRole('button', { name: 'Szűrők törlése' }));
  await waitFor(() => expect(screen.getAllByTestId('stock-row')).toHaveLength(3));
  expect(router.state.location.search).toEqual({});
});

it('follows a link to another search, and Back', async () => {
  openShop('OPERATOR');
  const { user, router } = await renderPage('/stock');
  await user.type(await screen.findByRole('searchbox'), 'honda');
  await waitFor(() => expect(router.state.location.search).toEqual({ search: 'honda' }));
  await act(() => router.navigate({ to: '/stock', search: { search: 'makita', location: 'vaci' } }));
  expect(screen.getByRole('searchbox')).toHaveValue('makita');
  await waitFor(() => expect(screen.getAllByTestId('stock-row').map((row) => row.dataset.productId)).toEqual(['p1']));
  expect(router.state.location.search).toEqual({ search: 'makita', location: 'vaci' });
  act(() => router.history.back());
  await waitFor(() => expect(screen.getByRole('searchbox')).toHaveValue('honda'));
  await waitFor(() => expect(screen.getAllByTestId('stock-row').map((row) => row.dataset.productId)).toEqual(['p2']));
  await act(() => router.navigate({ to: '/stock' }));
  await waitFor(() => expect(screen.getAllByTestId('stock-row')).toHaveLength(3));
  expect(router.state.location.search).toEqual({});
});

it('"Szűrők törlése" clears the header’s location filter where that hides everything', async () => {
  openShop('OPERATOR').on('GET /inventory/stock', (request) =>
    json(page(request.search.get('locationId') === 'kelenfold' ? [] : [makita])),
  );
  const { user } = await renderPage('/stock');
  await rowOf('p1');
  await user.selectOptions(await screen.findByRole('combobox', { name: 'Telephely' }), 'kelenfold');
  await user.click(await screen.findByRole('button', { name: 'Szűrők törlése' }));
  await rowOf('p1');
  expect(screen.getByRole('combobox', { name: 'Telephely' })).toHaveValue('');
});

it('opens at what a link names', async () => {
  const server = openShop('OPERATOR');
  await renderPage('/stock?search=makita&location=vaci&severity=CRITICAL');
  await rowOf('p1');
  const { search } = server.seen('GET /inventory/stock')[0] ?? {};
  expect(Object.fromEntries(search ?? [])).toEqual({
    search: 'makita',
    severity: 'CRITICAL',
    locationId: 'vaci',
    sort: '-severity',
    out: 'true',
    limit: '50',
  });
  expect(screen.getByRole('radio', { name: 'Kritikus' })).toBeChecked();
});

it('searches a number that a link names', async () => {
  const server = openShop('OPERATOR').on('GET /inventory/stock', page([bosch]));
  await renderPage('/stock?search=1001');
  await rowOf('p3');
  expect(server.seen('GET /inventory/stock')[0]?.search.get('search')).toBe('1001');
});

it('brings more when there is more', async () => {
  openShop('OPERATOR').on('GET /inventory/stock', (request) =>
    json(request.search.get('cursor') === 'next' ? page([bosch]) : page([makita], 'next')),
  );
  const { user } = await renderPage('/stock');
  await rowOf('p1');
  await user.click(screen.getByRole('button', { name: 'Továbbiak' }));
  await waitFor(() => expect(screen.getAllByTestId('stock-row')).toHaveLength(2));
  expect(screen.queryByRole('button', { name: 'Továbbiak' })).not.toBeInTheDocument();
});

it('tells that there is nothing yet, and what failed', async () => {
  let broken = true;
  openShop('OPERATOR').on('GET /inventory/stock', () => (broken ? problem(403, 'FORBIDDEN') : json(page([]))));
  const { user } = await renderPage('/stock');
  expect(await screen.findByText('Ehhez nincs jogosultsága.')).toBeInTheDocument();
  broken = false;
  await user.click(screen.getByRole('button', { name: 'Újra' }));
  expect(await screen.findByText('Még nincs készlet')).toBeInTheDocument();
});

describe('a change that is asked about', () => {
  it('of more than 100 pieces is recorded when it is confirmed', async () => {
    const server = openShop('OPERATOR').on('POST /inventory/adjustments', { ...bosch, quantity: 104 });
    const { user } = await renderPage('/stock');
    const row = await rowOf('p3');
    const delta = within(row).getByTestId('stock-delta');
    await user.type(delta, '101');
    await user.type(within(row).getByTestId('stock-reason'), 'Beérkezés');
    await user.click(within(row).getByTestId('stock-submit'));
    const window = await screen.findByRole('dialog');
    expect(window).toHaveTextContent('Bosch GBH 2-26 fúrókalapács · Váci út');
    expect(window).toHaveTextContent('3 db helyett 104 db lesz (+101).');
    await waitFor(() => expect(within(window).getByRole('button', { name: 'Mégse' })).toHaveFocus());
    // With Enter these keys would have the pace of a scanner.
    await user.keyboard(' ');
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
    expect(server.seen('POST /inventory/adjustments')).toEqual([]);
    expect(delta).toHaveValue('101');
    await user.click(within(row).getByTestId('stock-submit'));
    await user.click(await screen.findByRole('button', { name: 'Rögzítés: +101' }));
    expect(await within(row).findByText('Rögzítve: 104 db')).toBeInTheDocument();
    expect(server.seen('POST /inventory/adjustments')[0]?.body).toMatchObject({ delta: 101 });
  });

  it('is none of 100 pieces', async () => {
    const server = openShop('OPERATOR').on('POST /inventory/adjustments', { ...bosch, quantity: 103 });
    const { user } = await renderPage('/stock');
    const row = await rowOf('p3');
    await user.type(within(row).getByTestId('stock-delta'), '100');
    await user.type(within(row).getByTestId('stock-reason'), 'Beérkezés');
    await user.click(within(row).getByTestId('stock-submit'));
    await waitFor(() => expect(server.seen('POST /inventory/adjustments')).toHaveLength(1));
  });

  it('that takes more than there is can take all, and nothing where there is nothing', async () => {
    const server = openShop('OPERATOR').on('POST /inventory/adjustments', { ...bosch, quantity: 0 });
    const { user } = await renderPage('/stock', { language: 'en' });
    const none = await rowOf('p1');
    await user.type(within(none).getByTestId('stock-delta'), '-1');
    await user.click(within(none).getByTestId('stock-submit'));
    expect(await within(none).findByText('Cannot go below zero: there are 0.')).toBeInTheDocument();
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
    const row = await rowOf('p3');
    await user.type(within(row).getByTestId('stock-delta'), '-200');
    await user.click(within(row).getByTestId('stock-submit'));
    expect(await screen.findByText('You would take 200, but there are only 3. Take all of them?')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Take all 3' }));
    await waitFor(() => expect(server.seen('POST /inventory/adjustments')[0]?.body).toMatchObject({ delta: -3 }));
  });
});

describe('a scanner', () => {
  it('finds the row while a number field has the focus, and changes no quantity', async () => {
    const server = openShop('OPERATOR');
    const { container, user } = await renderPage('/stock');
    const first = await rowOf('p1');
    const delta = within(first).getByTestId('stock-delta');
    await user.type(delta, '-1');
    scan(boschBarcode);
    expect(await screen.findByText(`Beolvasva: ${boschBarcode}`)).toBeInTheDocument();
    await waitFor(() => expect(screen.getAllByTestId('stock-row')[0]).toHaveAttribute('data-product-id', 'p3'));
    const found = await rowOf('p3');
    await waitFor(() => expect(within(found).getByTestId('stock-delta')).toHaveFocus());
    expect(delta).toHaveValue('-1');
    scan(boschBarcode);
    expect(within(found).getByTestId('stock-delta')).toHaveValue('');
    expect(screen.getAllByTestId('stock-row')).toHaveLength(3);
    expect(server.seen('POST /inventory/adjustments')).toEqual([]);
    expect(await accessibilityProblems(container)).toEqual([]);
  });

  it('finds what the filters leave out, and names what is not there', async () => {
    openShop('OPERATOR').on('GET /inventory/stock', (request) =>
      json(page(request.search.get('code') === '1001' ? [bosch, { ...bosch, locationId: 'kelenfold' }] : [])),
    );
    const { user } = await renderPage('/stock?severity=CRITICAL');
    expect(await screen.findByText('Nincs találat')).toBeInTheDocument();
    scan('11001');
    expect(await screen.findByRole('alert')).toHaveTextContent('Nincs ilyen kód a készletben: 11001');
    scan('1001');
    await waitFor(() => expect(screen.getAllByTestId('stock-row')).toHaveLength(2));
    expect(screen.queryByText('Nincs találat')).not.toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Beolvasás elvetése' }));
    expect(await screen.findByText('Nincs találat')).toBeInTheDocument();
  });

  it('shows the rows of the chosen location, else of the others, and says so', async () => {
    openShop('OPERATOR');
    await renderPage('/stock?location=kelenfold');
    await rowOf('p2');
    scan(boschBarcode);
    expect(await screen.findByText(/Ezen a telephelyen nincs, máshol igen/)).toBeInTheDocument();
  });

  it('confirms nothing that a window asks', async () => {
    const server = openShop('OPERATOR');
    const { user } = await renderPage('/stock');
    const row = await rowOf('p3');
    await user.type(within(row).getByTestId('stock-delta'), '500');
    await user.type(within(row).getByTestId('stock-reason'), 'Beérkezés');
    await user.click(within(row).getByTestId('stock-submit'));
    const yes = await screen.findByRole('button', { name: 'Rögzítés: +500' });
    act(() => yes.focus());
    scan(boschBarcode);
    expect(await screen.findByText(`Beolvasva: ${boschBarcode}`)).toBeInTheDocument();
    expect(yes).toHaveFocus();
    expect(server.seen('POST /inventory/adjustments')).toEqual([]);
  });

  it('says that it could not look, and looks again', async () => {
    let broken = true;
    openShop('OPERATOR').on('GET /inventory/stock', (request) =>
      request.search.get('code') !== null && broken ? problem(403, 'FORBIDDEN') : json(page([bosch])),
    );
    const { user } = await renderPage('/stock');
    await rowOf('p3');
    scan(boschBarcode);
    expect(await screen.findByText('Ehhez nincs jogosultsága.')).toBeInTheDocument();
    broken = false;
    await user.click(screen.getByRole('button', { name: 'Újra' }));
    expect(await screen.findByText(`Beolvasva: ${boschBarcode}`)).toBeInTheDocument();
  });
});
