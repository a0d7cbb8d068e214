import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import returnCases from '../../../../contract/return-instants.json';
import type { Location } from '../../shared/model';
import { json, openShop, page, problem } from '../../test/fake-server';
import { accessibilityProblems, renderPage } from '../../test/render-page';

vi.mock('../../live/live-provider', () => import('../../test/quiet-live'));
vi.mock('../../live/connection-chip', () => import('../../test/quiet-live'));
vi.mock('../../live/notification-bell', () => import('../../test/quiet-live'));
vi.mock('../../live/toasts', () => import('../../test/quiet-live'));

const vaci: Location = {
  id: 'vaci',
  name: 'Váci út',
  archived: false,
  openingHours: returnCases.hours.shop,
  rentalTerms: null,
};
const empty: Location = { id: 'uj', name: 'Új telep', archived: false, openingHours: null, rentalTerms: null };

const set = (label: string, value: string) =>
  fireEvent.change(within(screen.getByTestId('hours-form')).getByLabelText(label), { target: { value } });

async function open(location: Location) {
  let stored = location;
  const server = openShop('ADMIN')
    .on('GET /locations', () => json(page([stored])))
    .on(`PUT /locations/${location.id}`, ({ body }) =>
      json((stored = { ...stored, ...(body as Pick<Location, 'openingHours'>) })),
    );
  const view = await renderPage('/locations');
  await view.user.click(await screen.findByRole('button', { name: `Nyitvatartás: ${location.name}` }));
  await screen.findByTestId('hours-form');
  return { ...view, server };
}

it('shows when a location is open, and changes a day, a break and the closed days', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-12-25T10:00:00+01:00') });
  const { user, server } = await open(vaci);
  expect(screen.getByTestId('location-hours')).toHaveTextContent('H–Cs 07:00–17:00 · P 07:00–12:00, 12:30–18:30');
  expect(await accessibilityProblems(screen.getByRole('dialog'))).toEqual([]);
  set('Hétfő: zárás', '06:00');
  expect(screen.getByRole('alert')).toHaveTextContent('A zárás a nyitás után legyen');
  expect(screen.getByTestId('hours-save')).toBeDisabled();
  set('Hétfő: zárás', '18:00');
  await user.click(screen.getByRole('button', { name: 'Péntek: zárva 12:30 és 18:30 között' }));
  await user.click(screen.getByRole('button', { name: 'Vasárnap: nyitva' }));
  // The 24th has passed: it is kept, and not shown.
  expect(screen.getAllByTestId('closed-day').map((each) => each.dataset.day)).toEqual([
    '2026-12-25',
    '2026-12-26',
    '2026-12-31',
    '2027-01-01',
  ]);
  await user.click(screen.getByRole('button', { name: /Törlés: dec\. 31\./ }));
  fireEvent.change(screen.getByTestId('closed-day-new'), { target: { value: '2027-02-01' } });
  await user.click(screen.getByRole('button', { name: 'Hozzáad' }));
  await user.click(screen.getByTestId('hours-save'));
  await waitFor(() => expect(screen.queryByTestId('hours-form')).not.toBeInTheDocument());
  expect(server.seen('PUT /locations/vaci').map(({ body }) => body)).toEqual([
    {
      name: 'Váci út',
      openingHours: {
        week: {
          ...returnCases.hours.shop.week,
          mon: [['07:00', '18:00']],
          fri: [['07:00', '12:00']],
          sun: [['07:00', '17:00']],
        },
        closed: ['2026-12-24', '2026-12-25', '2026-12-26', '2027-01-01', '2027-02-01'],
      },
    },
  ]);
  await waitFor(() => expect(screen.getByTestId('location-hours')).toHaveTextContent('H 07:00–18:00'));
  vi.useRealTimers();
});

it('begins with usual hours, takes the public holidays, and says why it was not saved', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-23T10:00:00+01:00') });
  const { user, server } = await open(empty);
  expect(screen.getByTestId('location-hours')).toHaveTextContent('nincs megadva');
  expect(screen.queryByTestId('hours-day')).not.toBeInTheDocument();
  await user.click(screen.getByRole('switch', { name: 'Nyitvatartás szerint' }));
  set('Hétfő: nyitás', '08:00');
  await user.click(screen.getByRole('button', { name: 'Hétfő szerint a hétköznapok' }));
  await user.click(screen.getByRole('button', { name: 'Munkaszüneti napok, 2026' }));
  server.on('PUT /locations/uj', () => problem(503, 'UNAVAILABLE'));
  await user.click(screen.getByTestId('hours-save'));
  expect(await screen.findByText(/átmenetileg nem érhető el/)).toBeInTheDocument();
  const day = [['08:00', '17:00']];
  expect(server.seen('PUT /locations/uj').at(-1)?.body).toEqual({
    name: 'Új telep',
    openingHours: {
      week: { mon: day, tue: day, wed: day, thu: day, fri: day },
      closed: ['2026-12-24', '2026-12-25', '2026-12-26'],
    },
  });
  vi.useRealTimers();
});

it('takes the opening hours away', async () => {
  const { user, server } = await open(vaci);
  await user.click(screen.getByRole('switch', { name: 'Nyitvatartás szerint' }));
  await user.click(screen.getByTestId('hours-save'));
  await waitFor(() => expect(screen.queryByTestId('hours-form')).not.toBeInTheDocument());
  expect(server.seen('PUT /locations/vaci')[0]?.body).toEqual({ name: 'Váci út', openingHours: null });
});
