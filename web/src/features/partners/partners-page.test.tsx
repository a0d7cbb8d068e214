import { screen, waitFor, within } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import type { Named } from '../../shared/model';
import { json, openShop, page, problem } from '../../test/fake-server';
import { accessibilityProblems, renderPage } from '../../test/render-page';
import { newId } from '../../domain/catalogue/new-id';

vi.mock('../../live/live-provider', () => import('../../test/quiet-live'));
vi.mock('../../live/connection-chip', () => import('../../test/quiet-live'));
vi.mock('../../live/notification-bell', () => import('../../test/quiet-live'));
vi.mock('../../live/toasts', () => import('../../test/quiet-live'));

it('lets everybody search and read, and only administrators write', async () => {
  openShop('OPERATOR');
  const { user, container } = await renderPage('/partners');
  await waitFor(() => expect(screen.getAllByTestId('partner-row')).toHaveLength(2));
  expect(screen.queryByRole('button', { name: 'Új partner' })).not.toBeInTheDocument();
  expect(screen.queryByRole('button', { name: /Szerkesztés/ })).not.toBeInTheDocument();
  await user.type(screen.getByRole('searchbox'), 'béta');
  await waitFor(() => expect(screen.getAllByTestId('partner-row')).toHaveLength(1));
  await user.type(screen.getByRole('searchbox'), 'xyz');
  expect(await screen.findByText('Nincs találat')).toBeInTheDocument();
  expect(await accessibilityProblems(container)).toEqual([]);
});

it('adds and renames a partner; a repeated attempt keeps its id', async () => {
  const made: Named[] = [];
  let broken = true;
  const server = openShop('ADMIN').on('GET /partners', () =>
    json(page([{ id: 'alfa', name: 'Alfa Építő Kft.' }, ...made])),
  );
  vi.spyOn(crypto, 'randomUUID').mockReturnValue('3f9c1a00-0000-4000-8000-000000000000');
  server.on('PUT /partners/ujhazi-es-fia-bt-3f9c1a', ({ body }) => {
    if (broken) return problem(503, 'UNAVAILABLE');
    made.push({ id: 'ujhazi-es-fia-bt-3f9c1a', archived: false, ...(body as { name: string }) });
    return json(made[0]);
  });
  server.on('PUT /partners/alfa', ({ body }) => json({ id: 'alfa', ...(body as object) }));
  const { user } = await renderPage('/partners');
  await user.click(await screen.findByRole('button', { name: 'Új partner' }));
  const dialog = await screen.findByRole('dialog');
  await user.click(within(dialog).getByRole('button', { name: 'Mentés' }));
  expect(within(dialog).getByText('Adja meg a partner nevét.')).toBeInTheDocument();
  await user.type(within(dialog).getByLabelText('Név'), 'Újházi és Fia Bt.');
  await user.click(within(dialog).getByRole('button', { name: 'Mentés' }));
  expect(await within(dialog).findByText(/átmenetileg nem érhető el/)).toBeInTheDocument();
  broken = false;
  await user.click(within(dialog).getByRole('button', { name: 'Mentés' }));
  expect(await screen.findByText('Újházi és Fia Bt.')).toBeInTheDocument();
  expect(server.seen('PUT /partners/ujhazi-es-fia-bt-3f9c1a')).toHaveLength(2);
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  await user.click(screen.getByRole('button', { name: 'Szerkesztés: Alfa Építő Kft.' }));
  const name = await screen.findByLabelText('Név');
  await user.clear(name);
  await user.type(name, 'Alfa Zrt.');
  await user.click(screen.getByRole('button', { name: 'Mentés' }));
  await waitFor(() => expect(server.seen('PUT /partners/alfa')[0]?.body).toEqual({ name: 'Alfa Zrt.' }));
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
