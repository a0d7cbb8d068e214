import { createToastQueue, type QueuedToast } from '@harang/react';
import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCoalescer } from './coalesce';
import { byDay } from './notification-list';
import { addToLists, readInLists, type Notification } from '../api/notifications';
import { keys } from '../api/keys';
import { firstPage, type PageStart } from '../api/list';
import { claimInCaches } from '../api/claims';
import { createStore } from '@harang/react';

describe('timed parts', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('coalesce: at once when asked, then one refresh per window', async () => {
    const refreshed: string[] = [];
    const coalescer = createCoalescer((key) => Promise.resolve(refreshed.push(key.join('/'))), 300);
    coalescer.add(['a'], true);
    coalescer.add(['a'], true);
    coalescer.add(['a']);
    coalescer.add(['b']);
    expect(refreshed).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(300);
    expect(refreshed).toEqual(['a', 'a', 'b']);
    await vi.advanceTimersByTimeAsync(300);
    expect(refreshed).toHaveLength(3);
    coalescer.add(['b']);
    coalescer.stop();
    vi.advanceTimersByTime(1000);
    expect(refreshed).toHaveLength(3);
  });

  it('coalesce: events that keep coming do not cancel a slow answer, and one that never comes does not stop them for ever', async () => {
    const answers: (() => void)[] = [];
    const coalescer = createCoalescer(() => new Promise<void>((resolve) => answers.push(resolve)), 300);
    for (let event = 0; event < 10; event += 1) {
      coalescer.add(['a'], true);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(answers).toHaveLength(1);
    answers[0]?.();
    await vi.advanceTimersByTimeAsync(300);
    expect(answers).toHaveLength(2);
    coalescer.add(['a']);
    await vi.advanceTimersByTimeAsync(4600);
    expect(answers).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(300);
    expect(answers).toHaveLength(3);
    coalescer.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  describe('toast queue', () => {
    const green = (id: string): QueuedToast => ({ id, urgent: false });
    const red = (id: string): QueuedToast => ({ id, urgent: true });
    const setUp = () => {
      const queue = createToastQueue();
      return { queue, ids: () => queue.shown.get().visible.map(({ id }) => id), more: () => queue.shown.get().more };
    };

    it('shows each for five seconds', () => {
      const { queue, ids } = setUp();
      queue.add(green('a'));
      vi.advanceTimersByTime(2000);
      queue.add(green('b'));
      vi.advanceTimersByTime(2999);
      expect(ids()).toEqual(['a', 'b']);
      vi.advanceTimersByTime(1);
      expect(ids()).toEqual(['b']);
      vi.advanceTimersByTime(2000);
      expect(ids()).toEqual([]);
      expect(vi.getTimerCount()).toBe(0);
    });

    it('stops the clock while anything stops it', () => {
      const { queue, ids } = setUp();
      queue.add(green('a'));
      vi.advanceTimersByTime(4000);
      queue.pause('hover');
      queue.pause('hidden');
      vi.advanceTimersByTime(60_000);
      queue.resume('hover');
      vi.advanceTimersByTime(60_000);
      expect(ids()).toEqual(['a']);
      queue.resume('hidden');
      queue.resume('focus');
      vi.advanceTimersByTime(999);
      expect(ids()).toEqual(['a']);
      vi.advanceTimersByTime(1);
      expect(ids()).toEqual([]);
    });

    it('forgets the pointer and the focus with the last toast', () => {
      const { queue, ids } = setUp();
      queue.add(green('a'));
      queue.pause('hover');
      queue.pause('focus');
      queue.close('a');
      queue.add(green('b'));
      vi.advanceTimersByTime(5000);
      expect(ids()).toEqual([]);
    });

    it('keeps three on screen, lets three wait and folds the rest', () => {
      const { queue, ids, more } = setUp();
      for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) queue.add(green(id));
      expect(ids()).toEqual(['a', 'b', 'c']);
      expect(more()).toBe(5);
      vi.advanceTimersByTime(5000);
      expect(ids()).toHaveLength(3);
      expect(more()).toBe(2);
      vi.advanceTimersByTime(5000);
      expect(ids()).toEqual([]);
      expect(more()).toBe(0);
    });

    it('gives a red one the slot of a green one, never the reverse', () => {
      const { queue, ids, more } = setUp();
      for (const id of ['a', 'b', 'c']) queue.add(green(id));
      queue.add(red('r1'));
      expect(ids()).toEqual(['b', 'c', 'r1']);
      expect(more()).toBe(1);
      for (const id of ['r2', 'r3', 'r4']) queue.add(red(id));
      queue.add(green('d'));
      expect(ids()).toEqual(['r1', 'r2', 'r3']);
      queue.close('r1');
      expect(ids()).toEqual(['r2', 'r3', 'r4']);
      queue.close('r2');
      expect(ids()[2]).toBe('a');
    });

    it('never folds a red one', () => {
      const { queue, ids, more } = setUp();
      for (let index = 0; index < 10; index += 1) queue.add(red(`r${index}`));
      expect(more()).toBe(7);
      const seen = new Set(ids());
      for (let round = 0; round < 3; round += 1) {
        vi.advanceTimersByTime(5000);
        for (const id of ids()) seen.add(id);
      }
      expect(seen.size).toBe(10);
    });

    it('clears all at once', () => {
      const { queue, ids, more } = setUp();
      for (const id of ['a', 'b', 'c', 'd']) queue.add(green(id));
      queue.clear();
      expect([ids(), more(), vi.getTimerCount()]).toEqual([[], 0, 0]);
    });
  });
});

it('store: tells of changes only', () => {
  const store = createStore(1);
  const run = vi.fn();
  const stop = store.subscribe(run);
  store.set(1);
  store.set(2);
  stop();
  store.set(3);
  expect(run).toHaveBeenCalledOnce();
  expect(store.get()).toBe(3);
});

describe('lists in the cache', () => {
  const item = (id: string, patch: Partial<Notification> = {}): Notification => ({
    eventId: id,
    timestamp: '2026-02-04T14:00:00.000Z',
    type: 'stock_alert',
    data: {},
    readAt: null,
    claim: null,
    ...patch,
  });
  const setUp = (type: string | null = null, start: PageStart = firstPage) => {
    const client = new QueryClient();
    const key = [...keys.notificationList, { type, unread: false }];
    client.setQueryData(key, {
      pages: [
        { items: [item('b')], nextCursor: 'x' },
        { items: [item('a')], nextCursor: null },
      ],
      pageParams: [start, { cursor: 'x', previous: start }],
    });
    const ids = () =>
      client
        .getQueryData<{ pages: { items: Notification[] }[] }>(key)
        ?.pages.map((page) => page.items.map(({ eventId }) => eventId));
    return { client, key, ids };
  };

  it('puts new ones on top, once, where their type belongs', () => {
    const { client, ids } = setUp();
    addToLists(client, [item('c'), item('d'), item('a')]);
    addToLists(client, [item('d')]);
    expect(ids()).toEqual([['d', 'c', 'b'], ['a']]);
    const filtered = setUp('payment_error');
    addToLists(filtered.client, [item('c'), item('p', { type: 'payment_error' })]);
    expect(filtered.ids()).toEqual([['p', 'b'], ['a']]);
    addToLists(new QueryClient(), [item('c')]);
    const further = setUp(null, { cursor: 'w', previous: firstPage });
    addToLists(further.client, [item('c')]);
    expect(further.ids()).toEqual([['b'], ['a']]);
  });

  it('marks what was read and leaves the rest untouched', () => {
    const { client, key } = setUp();
    const before = client.getQueryData<{ pages: unknown[] }>(key);
    readInLists(client, (id) => id === 'nobody', 'now');
    expect(client.getQueryData(key)).toBe(before);
    readInLists(client, (id) => id === 'a', 'now');
    const after = client.getQueryData<{ pages: { items: Notification[] }[] }>(key);
    expect(after?.pages[0]).toBe(before?.pages[0]);
    expect(after?.pages[1]?.items[0]?.readAt).toBe('now');
  });

  it('shows a claim in the lists and on the dashboard', () => {
    const { client, key } = setUp();
    const alerts = ['dashboard-inventory', 'alerts'];
    client.setQueryData(alerts, {
      items: [
        { eventId: 'a', claim: null },
        { eventId: 'z', claim: null },
      ],
      nextCursor: null,
    });
    const claim = { eventId: 'a', by: { id: 'u2', name: 'Béla' }, at: 'now' };
    claimInCaches(client, 'a', claim);
    expect(client.getQueryData<{ pages: { items: Notification[] }[] }>(key)?.pages[1]?.items[0]?.claim).toEqual(claim);
    expect(client.getQueryData<{ items: unknown[] }>(alerts)?.items).toEqual([
      { eventId: 'a', claim },
      { eventId: 'z', claim: null },
    ]);
    const before = client.getQueryData(alerts);
    claimInCaches(client, 'nobody', claim);
    expect(client.getQueryData(alerts)).toBe(before);
  });

  it('cuts at midnight', () => {
    const now = new Date('2026-02-04T12:00:00+01:00');
    const at = (day: number, hour: number) => new Date(Date.UTC(2026, 1, day, hour - 1)).toISOString();
    const days = byDay(
      [item('c', { timestamp: at(4, 1) }), item('b', { timestamp: at(3, 23) }), item('a', { timestamp: at(3, 1) })],
      'hu',
      now,
    );
    expect(days.map(({ day, items }) => [day, items.length])).toEqual([
      ['ma', 1],
      ['tegnap', 2],
    ]);
  });
});
