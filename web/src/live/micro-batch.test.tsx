import { QueryClient } from '@tanstack/react-query';
import { act, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { unreadTotal } from '@harang/react';
import { createMicroBatch } from './micro-batch';
import { createController } from './controller';
import { addToLists, type Notification, type NotificationPage } from '../api/notifications';
import { keys } from '../api/keys';
import { firstPage } from '../api/list';
import { useStore } from '@harang/react';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const event = (id: number) => ({
  eventId: `e${id}`,
  timestamp: '2026-11-23T08:00:00.000Z',
  type: 'stock_alert',
  data: { productName: `P${id}` },
});

it('handles a few at once and the rest together, in order, until a window passes without any', () => {
  const handled: number[][] = [];
  const batch = createMicroBatch<number>((items) => handled.push([...items]), 2, 20);
  for (let each = 1; each <= 200; each += 1) batch.add(each);
  expect(handled).toEqual([[1], [2]]);
  vi.advanceTimersByTime(20);
  expect(handled).toHaveLength(3);
  batch.add(201);
  expect(handled).toHaveLength(3);
  vi.advanceTimersByTime(20);
  expect(handled.flat()).toEqual(Array.from({ length: 201 }, (_, index) => index + 1));
  vi.advanceTimersByTime(20);
  batch.add(202);
  expect(handled.at(-1)).toEqual([202]);
  batch.add(203);
  batch.add(204);
  batch.stop();
  vi.advanceTimersByTime(1000);
  expect(handled.flat().at(-1)).toBe(203);
});

it('renders a few times for hundreds of events, and counts every one', () => {
  const controller = createController(new QueryClient());
  let renders = 0;
  function Count() {
    renders += 1;
    return <output>{unreadTotal(useStore(controller.badge))}</output>;
  }
  render(<Count />);
  for (let each = 1; each <= 500; each += 1) {
    act(() => {
      controller.handleEvent({ event: event(each), position: `01a2075b6f9b9c7efb17:m:${each}`, isForegroundTab: true });
    });
  }
  act(() => {
    vi.advanceTimersByTime(100);
  });
  expect(screen.getByRole('status')).toHaveTextContent('500');
  expect(renders).toBeLessThan(20);
  controller.stop();
});

it('refetches a loaded list that has grown long, instead of growing it without bound', async () => {
  const client = new QueryClient();
  const key = [...keys.notificationList, { type: null, unread: false }];
  const page: NotificationPage = { items: [], nextCursor: null, unreadCount: 0, head: '', version: 0 };
  client.setQueryData(key, { pages: [page], pageParams: [firstPage] });
  const loaded = () => client.getQueryData<{ pages: { items: Notification[] }[] }>(key)?.pages[0]?.items.length;
  expect(
    addToLists(
      client,
      Array.from({ length: 100 }, (_, index) => event(index)),
    ),
  ).toBe(true);
  expect(loaded()).toBe(100);
  expect(addToLists(client, [event(100)])).toBe(false);
  expect(loaded()).toBe(100);

  const controller = createController(client);
  controller.handleEvent({ event: event(101), position: '01a2075b6f9b9c7efb17:m:101', isForegroundTab: true });
  await vi.advanceTimersByTimeAsync(1000);
  expect(client.getQueryState(key)?.isInvalidated).toBe(true);
  controller.stop();
});
