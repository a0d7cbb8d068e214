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
  await page.open(<NotificationsPage />);
  await act(() => chooseLanguage('en'));
  act(() => setLocationFilter('kelenfold'));
  fireEvent.click(screen.getByRole('button', { name: 'Stock' }));
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
