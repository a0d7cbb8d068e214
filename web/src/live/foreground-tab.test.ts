import { QueryClient } from '@tanstack/react-query';
import { expect, it, vi } from 'vitest';
import { unreadTotal } from '@harang/react';
import { createController } from './controller';

const event = (id: string) => ({ eventId: id, timestamp: '2026-02-04T14:00:00.000Z', type: 'stock_alert', data: {} });

it.each([true, false])(
  'toast, digest and gap stand in the foreground tab; the count is in every one (foreground %s)',
  async (isForegroundTab) => {
    vi.useFakeTimers();
    const client = new QueryClient();
    const reload = vi.spyOn(client, 'invalidateQueries');
    const controller = createController(client);
    controller.handleEvent({ event: event('a'), position: 'e1:m:1', isForegroundTab });
    const delivery = { event: event('b'), position: 'e1:m:2' };
    controller.handleReplay({
      deliveries: [delivery],
      from: delivery.event.timestamp,
      to: delivery.event.timestamp,
      gap: null,
      isForegroundTab,
    });
    controller.handleGap({ reason: 'hole', missed: 3, isForegroundTab });
    controller.handleReload({ reason: 'hole' });
    await vi.advanceTimersByTimeAsync(1000);
    expect(controller.toasts.shown.get().visible.map(({ id }) => id)).toEqual(isForegroundTab ? ['a'] : []);
    expect(controller.digest.get()?.deliveries.length).toBe(isForegroundTab ? 1 : undefined);
    expect(controller.gap.get()?.missed).toBe(isForegroundTab ? 3 : undefined);
    expect(unreadTotal(controller.badge.get())).toBe(2);
    expect(reload).toHaveBeenCalledWith();
    controller.stop();
    vi.useRealTimers();
  },
);

it('asks the server for its count when hundreds came after the last one', async () => {
  vi.useFakeTimers();
  const client = new QueryClient();
  const reload = vi.spyOn(client, 'invalidateQueries');
  const controller = createController(client);
  const ring = (from: number, to: number) => {
    for (let number = from; number <= to; number += 1)
      controller.handleEvent({ event: event(`n${number}`), position: `e1:m:${number}`, isForegroundTab: false });
    return vi.advanceTimersByTimeAsync(1000);
  };
  await ring(1, 499);
  expect(reload).not.toHaveBeenCalledWith({ queryKey: ['notifications', 'count'] });
  await ring(500, 520);
  expect(reload).toHaveBeenCalledWith({ queryKey: ['notifications', 'count'] });
  controller.replaceCount({ unreadCount: 510, head: 'e1:m:510', version: 1 });
  expect(unreadTotal(controller.badge.get())).toBe(520);
  reload.mockClear();
  await ring(521, 540);
  expect(reload).not.toHaveBeenCalledWith({ queryKey: ['notifications', 'count'] });
  expect(unreadTotal(controller.badge.get())).toBe(540);
  controller.stop();
  vi.useRealTimers();
});
