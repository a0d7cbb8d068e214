import { act, fireEvent, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { chooseLanguage } from '../../shared/i18n/i18n';
import { setLocationFilter } from '../../shared/location-filter';
import { LivePage } from '../../test/live-page';
import { NotificationsPage } from './notifications-page';

const saved: string[] = [];
vi.mock('../../domain/exports/save-file', () => ({ saveFile: ({ name }: { name: string }) => void saved.push(name) }));

let page: LivePage;

beforeEach(() => {
  vi.useFakeTimers();
  saved.splice(0);
  page = new LivePage();
  page.answer = () => ({ items: [], unreadCount: 0, head: 'e1:m:10', version: 1, nextCursor: null });
});

afterEach(async () => {
  await page.close();
  vi.useRealTimers();
  setLocationFilter(null);
  await chooseLanguage('hu');
});

it('saves the list as it is filtered, in the language of the page', async () => {
  await page.open(<NotificationsPage />, { path: '/notifications' });
  await act(() => chooseLanguage('en'));
  act(() => setLocationFilter('kelenfold'));
  await page.settle(() => fireEvent.click(screen.getByRole('button', { name: 'Stock' })));
  fireEvent.click(screen.getByTestId('export-notifications'));
  await vi.waitFor(
    async () => {
      await page.settle();
      expect(saved).toEqual(['harang-notifications.csv']);
    },
    { timeout: 10_000 },
  );
  const [asked] = page.requests('GET', '/exports/notifications.csv');
  expect(Object.fromEntries(asked?.search ?? [])).toEqual({
    type: 'stock_alert',
    locationId: 'kelenfold',
    language: 'en',
  });
});

const asked = () => Object.fromEntries(page.requests('GET', '/notifications').at(-1)?.search ?? []);

it('the address names what is filtered, and the list is that', async () => {
  await page.open(<NotificationsPage />, {
    path: '/notifications?search=%22bosch%22&severity=CRITICAL&type=stock_alert&unread=true&location=vaci',
  });
  await page.settle();
  expect(screen.getByRole('searchbox')).toHaveValue('bosch');
  expect(screen.getByRole('combobox', { name: 'Súlyosság' })).toHaveValue('CRITICAL');
  expect(screen.getByRole('button', { name: 'Készlet' })).toHaveAttribute('aria-pressed', 'true');
  expect(asked()).toEqual({
    search: 'bosch',
    severity: 'CRITICAL',
    type: 'stock_alert',
    unread: 'true',
    locationId: 'vaci',
    limit: '50',
  });
});

it('searches while one types, and goes on when the newest thousand have nothing', async () => {
  page.answer = ({ search }) => ({
    items: [],
    unreadCount: 3,
    filteredUnreadCount: 0,
    head: 'e1:m:10',
    version: 1,
    nextCursor:
      search.get('search') === null || search.get('cursor') === 'c2' ? null : search.get('cursor') ? 'c2' : 'c1',
  });
  await page.open(<NotificationsPage />, { path: '/notifications' });
  fireEvent.change(screen.getByRole('searchbox'), { target: { value: 'érdi' } });
  await page.pass(100);
  await page.settle();
  expect(page.requests('GET', '/notifications').map(({ search }) => search.get('cursor'))).toEqual(
    expect.arrayContaining([null, 'c1', 'c2']),
  );
  expect(screen.getByText('Nincs ilyen értesítés')).toBeInTheDocument();
  expect(screen.getByText('Nincs olvasatlan')).toBeInTheDocument();
});
