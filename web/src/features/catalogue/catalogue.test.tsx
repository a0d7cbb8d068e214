import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import problemCases from '../../../../contract/import-problems.json';
import type { ImportReport } from '../../api/imports';
import { chooseLanguage } from '../../shared/i18n/i18n';
import type { Named, Product } from '../../shared/model';
import { json, openShop, page, problem, stockItems } from '../../test/fake-server';
import { accessibilityProblems, renderPage } from '../../test/render-page';
import { enterBarcode } from './barcodes-field';
import { problemSentence } from './problem-sentence';

vi.mock('../../live/live-provider', () => import('../../test/quiet-live'));
vi.mock('../../live/connection-chip', () => import('../../test/quiet-live'));
vi.mock('../../live/notification-bell', () => import('../../test/quiet-live'));
vi.mock('../../live/toasts', () => import('../../test/quiet-live'));

const te70: Product = {
  id: 'te-70',
  name: 'Hilti TE 70',
  dailyPrice: 14_900,
  barcodes: ['5991234567890', '00451278'],
  archived: false,
};

/** A catalogue of one product that the page changes. */
function openCatalogue() {
  let product = te70;
  const server = openShop('ADMIN')
    .on('GET /products', ({ search }) =>
      json(page(product.archived === (search.get('archived') === 'true') ? [product] : [])),
    )
    .on('PUT /products/te-70', ({ body }) => json((product = { ...product, ...(body as Partial<Product>) })));
  return server;
}

it('lets everybody read the products, and only administrators write or import', async () => {
  openShop('OPERATOR');
  const { container } = await renderPage('/products');
  const [row] = await screen.findAllByTestId('product-row');
  expect(row).toHaveTextContent('Makita HR2470 fúrókalapács');
  expect(row).toHaveTextContent('4 000 Ft / nap');
  expect(screen.queryByRole('button', { name: /Szerkesztés|Archiválás|Új termék/ })).not.toBeInTheDocument();
  expect(screen.queryByRole('link', { name: 'Betöltés' })).not.toBeInTheDocument();
  expect(await accessibilityProblems(container)).toEqual([]);
});

it('archives a product after asking, and restores it with everything it has', async () => {
  const server = openCatalogue();
  const { user } = await renderPage('/products');
  await user.click(await screen.findByRole('button', { name: 'Archiválás: Hilti TE 70' }));
  await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Archiválás' }));
  await waitFor(() => expect(screen.queryByTestId('product-row')).not.toBeInTheDocument());
  // Barcodes are not sent: they stay.
  expect(server.seen('PUT /products/te-70')[0]?.body).toEqual({ name: te70.name, dailyPrice: 14_900, archived: true });
  await user.click(screen.getByRole('radio', { name: 'Archivált' }));
  expect(await screen.findByTestId('product-row')).toHaveAttribute('data-archived', 'true');
  await user.click(screen.getByRole('button', { name: 'Visszaállítás: Hilti TE 70' }));
  expect(await screen.findByText('Nincs archivált')).toBeInTheDocument();
  await user.click(screen.getByRole('radio', { name: 'Használatban' }));
  expect(await screen.findByTestId('product-row')).toHaveTextContent('5991234567890, 00451278');
});

it('takes barcodes from a scanner and says at the field whose code it is', async () => {
  const server = openCatalogue();
  server.on('PUT /products/te-70', () =>
    problem(409, 'BARCODE_TAKEN', { barcode: '4007', productId: 'p1', productName: 'Makita HR2470' }),
  );
  const { user } = await renderPage('/products');
  await user.click(await screen.findByRole('button', { name: 'Szerkesztés: Hilti TE 70' }));
  const field = await screen.findByTestId('barcode-input');
  await user.type(field, '4006{Enter}{Enter}4007{Enter}');
  expect(server.seen('PUT /products/te-70')).toEqual([]);
  expect(screen.getAllByTestId('barcode').map((each) => each.textContent)).toEqual([
    '5991234567890',
    '00451278',
    '4006',
    '4007',
  ]);
  await user.click(screen.getByRole('button', { name: 'Törlés: 00451278' }));
  await user.click(screen.getByRole('button', { name: 'Mentés' }));
  expect(await screen.findByText('A(z) 4007 kód már ezé: Makita HR2470.')).toBeInTheDocument();
  expect(field).toBeInvalid();
  expect(server.seen('PUT /products/te-70')[0]?.body).toEqual({
    name: 'Hilti TE 70',
    dailyPrice: 14_900,
    barcodes: ['5991234567890', '4006', '4007'],
  });
  await user.click(screen.getByRole('button', { name: 'Törlés: 4007' }));
  expect(field).toBeValid();
});

it('adds a product with the code that was typed last; a repeated attempt keeps its id', async () => {
  const server = openCatalogue();
  vi.spyOn(crypto, 'randomUUID').mockReturnValue('3f9c1a00-0000-4000-8000-000000000000');
  let broken = true;
  server.on('PUT /products/letra-3-12-3f9c1a', ({ body }) => {
    if (broken) return problem(503, 'UNAVAILABLE');
    return json({ id: 'letra-3-12-3f9c1a', archived: false, ...(body as object) });
  });
  const { user } = await renderPage('/products');
  await user.click(await screen.findByRole('button', { name: 'Új termék' }));
  const dialog = await screen.findByRole('dialog');
  await user.click(within(dialog).getByRole('button', { name: 'Mentés' }));
  expect(within(dialog).getByText('Adja meg a termék nevét.')).toBeInTheDocument();
  expect(within(dialog).getByText('0 vagy nagyobb egész összeget adjon meg.')).toBeInTheDocument();
  await user.type(within(dialog).getByLabelText('Név'), 'Létra 3-12');
  await user.type(within(dialog).getByLabelText('Napi díj (Ft)'), '1 200 Ft');
  await user.type(within(dialog).getByTestId('barcode-input'), '77');
  await user.click(within(dialog).getByRole('button', { name: 'Mentés' }));
  expect(await within(dialog).findByText(/átmenetileg nem érhető el/)).toBeInTheDocument();
  broken = false;
  await user.click(within(dialog).getByRole('button', { name: 'Mentés' }));
  const place = await within(dialog).findByLabelText('Telephely');
  const sent = server.seen('PUT /products/letra-3-12-3f9c1a');
  expect(sent).toHaveLength(2);
  expect(sent[1]?.body).toEqual({ name: 'Létra 3-12', dailyPrice: 1200, barcodes: ['77'] });

  // Then where it is: no location is chosen for the user.
  server.on('PUT /inventory/stock/letra-3-12-3f9c1a/kelenfold', ({ body }) => json(body));
  await user.type(within(dialog).getByLabelText('Hány darab van ott'), '3');
  await user.click(within(dialog).getByRole('button', { name: 'Mentés' }));
  expect(await within(dialog).findByText('Válassza ki a telephelyet.')).toBeInTheDocument();
  await user.selectOptions(place, 'Kelenföld');
  await user.click(within(dialog).getByRole('button', { name: 'Mentés' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  expect(server.seen('PUT /inventory/stock/letra-3-12-3f9c1a/kelenfold')[0]?.body).toEqual({
    quantity: 3,
    warningThreshold: 0,
    criticalThreshold: 0,
  });
});

it('puts a product into the stock of a location that has none of it', async () => {
  const [makita] = stockItems;
  openCatalogue().on('GET /inventory/stock', page([{ ...makita, productId: 'te-70', locationId: 'vaci' }]));
  const { user, container } = await renderPage('/products');
  await user.click(await screen.findByRole('button', { name: 'Készletre vesz: Hilti TE 70' }));
  const place = await screen.findByLabelText('Telephely');
  expect(
    within(place)
      .getAllByRole('option')
      .map(({ textContent }) => textContent),
  ).toEqual(['Kelenföld']);
  expect(await accessibilityProblems(container)).toEqual([]);
  await user.click(screen.getByRole('button', { name: 'Később' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
});

it.each([
  ['4006', ['4006'], 'barcodeTwice'],
  ['40 06', [], 'barcodeInvalid'],
  ['a;b', [], 'barcodeInvalid'],
  ['x'.repeat(65), [], 'barcodeInvalid'],
  ['21', Array.from({ length: 20 }, (_, i) => `c${i}`), 'barcodesMany'],
] as const)('refuses the code %s', (typed, codes, why) => {
  expect(enterBarcode({ codes, typed, problem: null })).toEqual({ codes, typed, problem: why });
});

it('renames and archives a location', async () => {
  let location: Named = { id: 'vaci', name: 'Váci út', archived: false };
  const server = openShop('ADMIN')
    .on('GET /locations', ({ search }) =>
      json(page(location.archived === (search.get('archived') === 'true') ? [location] : [])),
    )
    .on('PUT /locations/vaci', ({ body }) => json((location = { ...location, ...(body as Partial<Named>) })));
  const { user } = await renderPage('/locations');
  await user.click(await screen.findByRole('button', { name: 'Szerkesztés: Váci út' }));
  const name = await screen.findByLabelText('Név');
  await user.clear(name);
  await user.type(name, 'Váci út 12.');
  await user.click(screen.getByRole('button', { name: 'Mentés' }));
  await waitFor(() => expect(screen.getByTestId('location-row')).toHaveTextContent('Váci út 12.'));
  // Opening hours are not sent: they stay.
  expect(server.seen('PUT /locations/vaci')[0]?.body).toEqual({ name: 'Váci út 12.' });
  await user.click(screen.getByRole('button', { name: 'Archiválás: Váci út 12.' }));
  await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Archiválás' }));
  expect(await screen.findByText('Még nincs telephely')).toBeInTheDocument();
});

const report: ImportReport = {
  new: 1,
  changed: 2,
  untouched: 240,
  problems: [],
  moreProblems: 0,
  moreChanges: 7,
  changes: [
    { line: 2, kind: 'product', id: 'te-70', new: false, field: 'dailyPrice', before: '14900', after: '15500' },
    { line: 2, kind: 'product', id: 'te-70', new: false, field: 'barcodes', before: '', after: '4006' },
    { line: 3, kind: 'stock', id: 'te-70/vaci', new: false, field: 'quantity', before: '3', after: '5' },
    { line: 4, kind: 'partner', id: 'p9', new: true, field: 'partnerName', before: '', after: 'Új Kft.' },
  ],
};

function dropped(file: File): Event {
  const event = new Event('drop', { bubbles: true, cancelable: true });
  return Object.assign(event, { dataTransfer: { files: [file] } });
}

function drop(file: File): void {
  act(() => void fireEvent(screen.getByTestId('import-drop'), dropped(file)));
}

const csvFile = () =>
  new File(['productId;dailyPrice\nte-70;15500\n'], 'árlista.csv', { type: 'application/vnd.ms-excel' });

it('shows line by line what a dropped file would change, and writes it when it is taken', async () => {
  const server = openShop('ADMIN').on('POST /imports', report);
  const { user, container } = await renderPage('/products/import');
  await screen.findByTestId('import-drop');
  drop(csvFile());
  const preview = await screen.findByTestId('import-preview');
  expect(preview).toHaveTextContent('Előnézet: árlista.csv');
  expect(preview).toHaveTextContent('1 új sor2 változó sor240 érintetlen sor');
  const [first, second, third] = within(preview).getAllByTestId('import-change');
  expect(first).toHaveTextContent('2. sorTermék: te-70');
  expect(first).toHaveTextContent('Napi díj 14 900 Ft → 15 500 Ft');
  expect(first).toHaveTextContent('Vonalkódok üres → 4006');
  await waitFor(() => expect(second).toHaveTextContent('Készlet: te-70 · Váci út')); // locations are loaded too
  expect(second).toHaveTextContent('Darab 3 → 5');
  expect(third).toHaveTextContent('Partner: p9 Új');
  expect(third).not.toHaveTextContent('→');
  expect(preview).toHaveTextContent('és még 7');
  expect(await accessibilityProblems(container)).toEqual([]);
  const [asked] = server.seen('POST /imports');
  expect(asked?.search.get('dryRun')).toBe('true');
  expect(asked?.headers.get('Content-Type')).toBe('text/csv');
  expect(asked?.body).toBe('productId;dailyPrice\nte-70;15500\n');
  await user.click(screen.getByTestId('import-take'));
  expect(await screen.findByTestId('import-done')).toHaveTextContent('1 új sor, 2 változó sor, 240 érintetlen sor.');
  expect(server.seen('POST /imports')[1]?.search.get('dryRun')).toBeNull();
  await user.click(screen.getByRole('button', { name: 'Másik fájl' }));
  expect(await screen.findByTestId('import-drop')).toBeInTheDocument();
});

it('names line and column of every problem, and takes nothing', async () => {
  const server = openShop('ADMIN').on('POST /imports', {
    ...report,
    changes: null,
    problems: [
      { line: 3, column: 'dailyPrice', detail: 'must be a whole number, not "sok"' },
      { line: 9, column: '"név"', detail: 'a new sentence' },
    ],
    moreProblems: 11,
  });
  const { user } = await renderPage('/products/import');
  await screen.findByTestId('import-drop');
  await user.upload(screen.getByLabelText('Fájl kiválasztása'), csvFile());
  const preview = await screen.findByTestId('import-preview');
  expect(preview).toHaveTextContent('13 hiba van a fájlban');
  const [first, second] = within(preview).getAllByTestId('import-problem');
  expect(first).toHaveTextContent('3. sorNapi díj dailyPriceEgész számnak kell lennie, nem ennek: sok.');
  expect(second).toHaveTextContent('A szerver nem fogadta el: a new sentence');
  expect(preview).toHaveTextContent('és még 11');
  expect(screen.queryByTestId('import-take')).not.toBeInTheDocument();
  // Corrected, it is dropped on the page that still shows the errors.
  const bad = server.seen('POST /imports').length;
  server.on('POST /imports', report);
  act(() => void fireEvent(preview, dropped(csvFile())));
  await waitFor(() => expect(screen.getByTestId('import-preview')).toHaveAttribute('data-problems', '0'));
  expect(server.seen('POST /imports')).toHaveLength(bad + 1);
  await user.click(screen.getByTestId('import-leave'));
  expect(await screen.findByTestId('import-drop')).toBeInTheDocument();
});

it('says that a broken import goes on where it stopped, and looks again when the shop has changed', async () => {
  let answer = () => problem(503, 'UNAVAILABLE');
  const server = openShop('ADMIN').on('POST /imports', ({ search }) =>
    search.get('dryRun') === 'true' ? json(report) : answer(),
  );
  const { user } = await renderPage('/products/import');
  await screen.findByTestId('import-drop');
  drop(csvFile());
  await user.click(await screen.findByTestId('import-take'));
  expect(await screen.findByText(/ott folytatja, ahol abbamaradt/)).toBeInTheDocument();
  answer = () => problem(429, 'RATE_LIMITED');
  await user.click(screen.getByTestId('import-take'));
  expect(await screen.findByText(/másik betöltés fut/)).toBeInTheDocument();
  answer = () => problem(422, 'INVALID_REQUEST');
  await user.click(screen.getByTestId('import-take'));
  await waitFor(() => expect(server.seen('POST /imports').filter((each) => each.search.has('dryRun'))).toHaveLength(2));
});

it('refuses a file that is too large before it is sent', async () => {
  const server = openShop('ADMIN');
  await renderPage('/products/import');
  await screen.findByTestId('import-drop');
  drop(new File([new Uint8Array((4 << 20) + 1)], 'nagy.csv'));
  expect(await screen.findByText(/legfeljebb 4 MB/)).toBeInTheDocument();
  expect(server.seen('POST /imports')).toEqual([]);
});

it.each(problemCases)('has a sentence for “$detail”', async ({ detail }) => {
  await chooseLanguage('hu');
  const hungarian = problemSentence({ detail });
  expect(hungarian).not.toContain(detail);
  expect(hungarian).not.toContain('{{');
  await chooseLanguage('en');
  expect(problemSentence({ detail })).not.toContain('did not accept');
});
