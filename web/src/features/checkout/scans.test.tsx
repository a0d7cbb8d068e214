import { act, screen, waitFor, within } from '@testing-library/react';
import type { UserEvent } from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import {
  boschBarcode,
  type FakeServer,
  json,
  openShop,
  page,
  problem,
  products,
  rentalOf,
  type SeenRequest,
  stockItems,
} from '../../test/fake-server';
import { accessibilityProblems, renderPage } from '../../test/render-page';
import { scan, scanAll } from '../../test/scan';

vi.mock('../../live/live-provider', () => import('../../test/quiet-live'));
vi.mock('../../live/connection-chip', () => import('../../test/quiet-live'));
vi.mock('../../live/notification-bell', () => import('../../test/quiet-live'));
vi.mock('../../live/toasts', () => import('../../test/quiet-live'));

beforeEach(() => localStorage.setItem('harang-checkout-place', 'vaci'));

const [makita, , bosch] = stockItems;
const [makitaProduct, , boschProduct] = products;
if (!makita || !bosch || !makitaProduct || !boschProduct) throw new Error('fixtures');

/** A shop with these products at the location, by their ids: found by exact codes, and by parts of names and ids. */
function openCoded(names: Record<string, string>): FakeServer {
  const all = Object.entries(names).map(([id, name]) => ({ id, name }));
  const meant = (request: SeenRequest, each: { id: string; name: string }) => {
    const code = request.search.get('code');
    const search = (request.search.get('search') ?? '').toLowerCase();
    return code === null ? `${each.id} ${each.name}`.toLowerCase().includes(search) : each.id === code;
  };
  const server = openShop('OPERATOR')
    .on('GET /products', (request) =>
      json(page(all.filter((each) => meant(request, each)).map((each) => ({ ...boschProduct, ...each })))),
    )
    .on('GET /inventory/stock', (request) =>
      json(
        page(
          all
            .filter((each) => meant(request, each))
            .map(({ id, name }) => ({ ...bosch, productId: id, productName: name })),
        ),
      ),
    );
  for (const { id, name } of all) {
    server.on(`GET /inventory/stock/${id}/vaci`, { ...bosch, productId: id, productName: name });
  }
  return server;
}

async function toItems(user: UserEvent): Promise<HTMLInputElement> {
  const partner = await screen.findByTestId('wizard-partner');
  await user.click(partner);
  await user.click(await screen.findByRole('option', { name: 'Béta Bau Bt.' }));
  await user.click(screen.getByTestId('wizard-next'));
  const search = await screen.findByTestId<HTMLInputElement>('wizard-product-search');
  await waitFor(() => expect(screen.getAllByTestId('wizard-add').length).toBeGreaterThan(0));
  await user.click(search);
  return search;
}

const lines = () =>
  screen
    .queryAllByTestId('wizard-line')
    .map(
      (line) =>
        `${line.dataset.productId ?? ''}×${within(line).getByTestId<HTMLInputElement>('wizard-quantity').value}`,
    );

it('makes three scans in one moment three lines, in their order, however slow the answers are', async () => {
  const server = openCoded({ '1001': 'Zsaluzat tartó', '11001': 'Ágvágó', '2002': 'Kapa' });
  const { container, user } = await renderPage('/rentals/new');
  const search = await toItems(user);
  const answers: (() => void)[] = [];
  server.on('GET /products', async (request) => {
    const id = request.search.get('code') ?? '';
    await new Promise<void>((resolve) => answers.push(resolve));
    return json(page([{ ...boschProduct, id, name: `Gép ${id}` }]));
  });
  for (const code of ['1001', '11001', '2002']) {
    scan(code);
    expect(search).toHaveValue('');
  }
  await waitFor(() => expect(answers).toHaveLength(3));
  expect(screen.getByText('Keresés: 3 kód…')).toBeInTheDocument();
  expect(screen.getByTestId('wizard-next')).toHaveAttribute('aria-disabled', 'true');
  act(() => answers.reverse().forEach((answer) => answer()));
  await waitFor(() => expect(lines()).toEqual(['1001×1', '11001×1', '2002×1']));
  expect(await screen.findByText('Hozzáadva: Gép 2002 (1 db a kosárban)')).toBeInTheDocument();
  expect(search).toHaveFocus();
  expect(await accessibilityProblems(container)).toEqual([]);
});

it('takes an exact code before any part of a name or of another code', async () => {
  openCoded({ '11001': 'Ágvágó 1001 mm', '1001': 'Zsaluzat tartó' });
  const { user } = await renderPage('/rentals/new');
  await toItems(user);
  scan('1001');
  await waitFor(() => expect(lines()).toEqual(['1001×1']));
});

it('adds nothing for a code that only occurs in others, and names it', async () => {
  openCoded({ '11001': 'Ágvágó 1001 mm', 'gep-1001': 'Gép' });
  const { user } = await renderPage('/rentals/new');
  const search = await toItems(user);
  await user.type(search, '1001{Enter}');
  expect(await screen.findByRole('alert')).toHaveTextContent('Nincs ilyen kód vagy termék: 1001');
  expect(search).toHaveValue('');
  expect(lines()).toEqual([]);
  await user.click(screen.getByRole('button', { name: 'Üzenet bezárása: 1001' }));
  expect(screen.queryByRole('alert')).not.toBeInTheDocument();
});

it('adds what was typed when Enter comes while the list still looks for it', async () => {
  const server = openCoded({ a: 'Bosch fúrókalapács', b: 'Létra' });
  const { user } = await renderPage('/rentals/new');
  const search = await toItems(user);
  const answers: (() => void)[] = [];
  server.on('GET /inventory/stock', async (request) => {
    if (request.search.get('search') === 'bosch') await new Promise<void>((resolve) => answers.push(resolve));
    return json(page([{ ...bosch, productId: 'a', productName: 'Bosch fúrókalapács' }]));
  });
  await user.type(search, 'bosch');
  await waitFor(() => expect(answers).toHaveLength(1));
  await user.type(search, '{Enter}');
  // The field is empty, so the list does not look for it any more.
  await waitFor(() => expect(screen.getAllByTestId('wizard-add').length).toBeGreaterThan(0));
  await waitFor(() => expect(answers).toHaveLength(2));
  act(() => answers.forEach((answer) => answer()));
  await waitFor(() => expect(lines()).toEqual(['a×1']));
  expect(screen.queryByRole('alert')).not.toBeInTheDocument();
});

it('closes what could not be added when its step is left', async () => {
  openCoded({ '1001': 'Zsaluzat tartó' });
  const { user } = await renderPage('/rentals/new');
  await toItems(user);
  scan('1001');
  await waitFor(() => expect(lines()).toEqual(['1001×1']));
  scan('404');
  expect(await screen.findByTestId('wizard-scan-unknown')).toHaveTextContent('404');
  await user.click(screen.getByTestId('wizard-next'));
  await screen.findByTestId('wizard-method');
  expect(screen.queryByTestId('wizard-scans')).not.toBeInTheDocument();
  scan('1001');
  expect(await screen.findByTestId('wizard-scan-otherStep')).toHaveTextContent('1001');
  await user.click(screen.getByRole('button', { name: 'Vissza' }));
  await screen.findByTestId('wizard-product-search');
  expect(screen.queryByTestId('wizard-scans')).not.toBeInTheDocument();
});

it('takes words that are typed for names: a word with a digit only as a whole', async () => {
  openCoded({ a: 'Bosch GBH 2-26 fúrókalapács', b: 'Létra 12 fok' });
  const { user } = await renderPage('/rentals/new');
  const search = await toItems(user);
  await user.type(search, 'GBH 2-2{Enter}');
  expect(await screen.findByText('Nincs ilyen kód vagy termék: GBH 2-2')).toBeInTheDocument();
  await user.type(search, 'gbh 2-26{Enter}');
  await waitFor(() => expect(lines()).toEqual(['a×1']));
  await user.type(search, 'létr{Enter}');
  await waitFor(() => expect(lines()).toEqual(['a×1', 'b×1']));
});

it('counts a repeated scan on the line, up to what is there', async () => {
  openShop('OPERATOR');
  const { user } = await renderPage('/rentals/new');
  await toItems(user);
  for (let turn = 0; turn < 4; turn += 1) scan(boschBarcode);
  expect(
    await screen.findByText(`Nincs több: ${bosch.productName} (kód: ${boschBarcode}), mind a 3 db a kosárban van`),
  ).toBeInTheDocument();
  expect(lines()).toEqual(['p3×3']);
});

it('says what is sold out, archived, not here, or could not be looked for', async () => {
  const server = openShop('OPERATOR')
    .on('GET /products', (request) => {
      const code = request.search.get('code');
      if (code === 'broken-1') return problem(403, 'FORBIDDEN');
      return json(
        page(
          code === 'old-1'
            ? [{ ...boschProduct, id: 'old-1', name: 'Régi gép', archived: true }]
            : code === 'far-1'
              ? [{ ...boschProduct, id: 'far-1', name: 'Távoli gép' }]
              : [makitaProduct],
        ),
      );
    })
    .on('GET /inventory/stock', (request) => json(page(request.search.get('code') === 'far-1' ? [] : [makita])));
  const { user } = await renderPage('/rentals/new');
  await toItems(user);
  for (const code of ['none-1', 'old-1', 'far-1', 'broken-1']) scan(code);
  expect(await screen.findByText(`Elfogyott: ${makita.productName} (kód: none-1)`)).toBeInTheDocument();
  expect(await screen.findByText('Kivezetve, nem adható ki: Régi gép (kód: old-1)')).toBeInTheDocument();
  expect(await screen.findByText('Ezen a telephelyen nincs: Távoli gép (kód: far-1)')).toBeInTheDocument();
  expect(await screen.findByText('Nem sikerült megkeresni: broken-1. Olvassa be újra.')).toBeInTheDocument();
  expect(lines()).toEqual([]);
  expect(server.seen('POST /rentals')).toEqual([]);
});

it('takes a scan while a quantity or a button has the focus, and presses nothing', async () => {
  openShop('OPERATOR');
  const { user } = await renderPage('/rentals/new');
  await toItems(user);
  scan(boschBarcode);
  await waitFor(() => expect(lines()).toEqual(['p3×1']));
  await user.click(screen.getByTestId('wizard-quantity'));
  scan(boschBarcode);
  await waitFor(() => expect(lines()).toEqual(['p3×2']));
  act(() => screen.getByTestId('wizard-next').focus());
  scan(boschBarcode);
  await waitFor(() => expect(lines()).toEqual(['p3×3']));
  expect(screen.getByTestId('checkout-wizard')).toHaveAttribute('data-step', 'items');
});

it('takes scans one right after the other while no field has the focus', async () => {
  openCoded({ '1001': 'Zsaluzat tartó', '11001': 'Ágvágó', '2002': 'Kapa' });
  const { user } = await renderPage('/rentals/new');
  const search = await toItems(user);
  act(() => search.blur());
  scanAll(['1001', '11001', '2002']);
  await waitFor(() => expect(lines()).toEqual(['1001×1', '11001×1', '2002×1']));
});

it('starts no rental by a scan at another step, and says that it took nothing', async () => {
  const server = openShop('OPERATOR').on('POST /rentals', () => json(rentalOf(), 201));
  const { user } = await renderPage('/rentals/new');
  await toItems(user);
  scan(boschBarcode);
  await waitFor(() => expect(lines()).toEqual(['p3×1']));
  await user.click(screen.getByTestId('wizard-next'));
  await user.selectOptions(await screen.findByTestId('wizard-method'), 'CASH');
  act(() => screen.getByTestId('wizard-submit').focus());
  scan('2002');
  expect(await screen.findByRole('alert')).toHaveTextContent('Nem került a kosárba: 2002.');
  expect(server.seen('POST /rentals')).toEqual([]);
  expect(screen.getByTestId('wizard-method')).toHaveValue('CASH');
});
