import type { FeedEvent } from '@harang/react';
import { screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { setMutedLocations } from '../shared/muted-locations';
import { LivePage } from '../test/live-page';
import { NotificationBell } from './notification-bell';
import { Toasts } from './toasts';

let page: LivePage;
let number: number;

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-02-04T14:10:00+01:00').getTime() });
  page = new LivePage();
  number = 10;
  page.answer = ({ path }) =>
    path === '/notifications'
      ? { items: [], unreadCount: 4, head: 'e1:m:10', version: 1, nextCursor: null }
      : { items: [], nextCursor: null };
});

afterEach(async () => {
  await page.close();
  vi.useRealTimers();
});

function emit(type: string, data: Record<string, unknown>): void {
  number += 1;
  const event = { eventId: `e${number}`, timestamp: new Date().toISOString(), type, data } as unknown as FeedEvent;
  page.server.link.emit(type, event, `e1:m:${number}`);
}

const short = (locationId: string, productName: string) => ({
  productId: 'p',
  productName,
  currentQuantity: 0,
  threshold: 3,
  locationId,
  locationName: locationId,
  severity: 'CRITICAL',
});
const error = {
  transactionId: 't',
  errorCode: 'iso:54',
  errorMessage: 'Lejárt kártya',
  partnerId: 'p',
  partnerName: 'Alfa',
  amount: 5,
  currency: 'HUF',
  locationId: 'csepel',
};
const titles = () => screen.queryAllByTestId('toast').map((toast) => toast.dataset.kind);

it('a muted location shows no toast and is counted all the same; errors always do', async () => {
  await page.open(
    <>
      <NotificationBell />
      <Toasts />
    </>,
  );
  setMutedLocations(['csepel']);
  await page.settle(() => emit('stock_alert', short('csepel', 'Makita')));
  expect(titles()).toEqual([]);
  expect(screen.getByTestId('notification-badge')).toHaveAttribute('data-count', '5');
  await page.settle(() => emit('stock_alert', short('budaors', 'Honda')));
  expect(titles()).toEqual(['warning']);
  await page.settle(() => emit('payment_error', error));
  expect(titles().sort()).toEqual(['error', 'warning']);
  setMutedLocations([]);
  await page.settle(() => emit('stock_alert', short('csepel', 'Makita')));
  expect(titles()).toHaveLength(3);
  expect(screen.getByTestId('notification-badge')).toHaveAttribute('data-count', '8');
});
