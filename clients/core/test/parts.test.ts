import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { createContinuity } from '../src/continuity.js';
import { createDedupe } from '../src/dedupe.js';
import { browserEnvironment } from '../src/environment.js';
import { isEvent, isKnownEvent, parseFeedEvent, type FeedEvent } from '../src/events.js';
import type { RentalCreatedEvent, StockAlertEvent } from '../src/event-types.js';
import { createListeners } from '../src/listeners.js';
import { createStockManager } from '../src/manager.js';
import { parsePosition, sameFeed } from '../src/position.js';
import { createSeenBatch } from '../src/seen-batch.js';
import { createServerClock } from '../src/server-clock.js';
import { tokenExpiry } from '../src/token.js';
import {
  parseGoodbye,
  parseRefreshAnswer,
  parseRefusal,
  parseSession,
  serverTimeOf,
  type Claim,
  type GapReason,
  type Goodbye,
  type NotificationCount,
  type SessionInfo,
  type TestAlert,
} from '../src/server-messages.js';
import type { components } from '../src/server-schemas.js';
import { countEvent, emptyUnreadCount, replaceBase, unreadTotal, type UnreadCount } from '../src/unread-count.js';
import { jwt, rental } from '../src/testing/fake-environment.js';

afterEach(() => {
  vi.useRealTimers();
});

describe('position', () => {
  it.each([
    ['e1:m:10', { epoch: 'e1', audience: 'm', number: 10 }],
    ['01920:o:0', { epoch: '01920', audience: 'o', number: 0 }],
    ['e1:x:10', null],
    ['e1:m:-1', null],
    ['e1:m:01', null],
    ['e1:m:9999999999999999', null],
    [':m:1', null],
    ['', null],
    [7, null],
    [null, null],
  ])('%s', (text, expected) => {
    expect(parsePosition(text)).toEqual(expected);
  });

  it('compares feeds', () => {
    const at = (epoch: string, audience: 'o' | 'm') => ({ epoch, audience, number: 1 });
    expect(sameFeed(at('a', 'o'), at('a', 'o'))).toBe(true);
    expect(sameFeed(at('a', 'o'), at('a', 'm'))).toBe(false);
    expect(sameFeed(at('a', 'o'), at('b', 'o'))).toBe(false);
  });
});

it('continuity: a hole, a repeat, an unreadable position, a first one', () => {
  const continuity = createContinuity();
  expect(continuity.check('e1:m:5')).toBeNull();
  expect(continuity.check('e1:m:6')).toBeNull();
  expect(continuity.check('e1:m:6')).toBeNull();
  expect(continuity.check('e1:m:9')).toEqual({ reason: 'hole', missed: 2 });
  expect(continuity.check('nonsense')).toEqual({ reason: 'hole', missed: null });
  expect(continuity.check('e1:m:10')).toBeNull();
  expect(continuity.check('e1:o:11')).toEqual({ reason: 'epoch', missed: null });
  continuity.begin('e1:m:20');
  expect(continuity.check('e1:m:21')).toBeNull();
});

it('dedupe: by id and time, forgetting the oldest', () => {
  const dedupe = createDedupe(2);
  const event = (number: number, second = 0) => ({ eventId: `e${number}`, timestamp: `t${second}` });
  expect(dedupe.isRepeat(event(1))).toBe(false);
  expect(dedupe.isRepeat(event(1))).toBe(true);
  expect(dedupe.isRepeat(event(1, 1))).toBe(false);
  expect(dedupe.isRepeat(event(2))).toBe(false);
  expect(dedupe.isRepeat(event(1))).toBe(false);
  expect(dedupe.isRepeat(event(2))).toBe(true);
});

describe('events', () => {
  it('without an envelope are dropped', () => {
    expect(parseFeedEvent(rental(1))).toEqual(rental(1));
    for (const broken of [
      null,
      'x',
      {},
      { ...rental(1), eventId: '' },
      { ...rental(1), timestamp: 1 },
      { ...rental(1), data: null },
    ]) {
      expect(parseFeedEvent(broken)).toBeNull();
    }
  });

  it('of an unknown type, and unknown members, are passed on', () => {
    const opened = { ...rental(1), type: 'door_opened', data: { door: 3 } };
    expect(parseFeedEvent(opened)).toEqual(opened);
    const more = { ...rental(1), data: { ...rental(1).data, number: 17 } };
    expect(parseFeedEvent(more)).toEqual(more);
  });

  it.each([
    ['rental_created', { totalValue: '42000' }],
    ['rental_created', { currency: 'EUR' }],
    ['stock_alert', { severity: 'BAD' }],
    ['payment_error', {}],
  ] as const)('of type %s without what it promises are plain notifications', (type, data) => {
    const event = parseFeedEvent({ ...rental(1), type, data: { ...rental(1).data, ...data } });
    if (!event) throw new Error('dropped');
    expect([isKnownEvent(event), isEvent(event, type)]).toEqual([false, false]);
  });

  it('are a union by type', () => {
    const read = (event: FeedEvent): string => {
      if (isEvent(event, 'stock_alert')) {
        expectTypeOf(event).toEqualTypeOf<StockAlertEvent>();
        return event.data.productName;
      }
      if (isKnownEvent(event) && event.type === 'rental_created') {
        expectTypeOf(event).toEqualTypeOf<RentalCreatedEvent>();
        return event.data.partnerName;
      }
      return event.type;
    };
    expect(read(rental(1))).toBe('Béta Bau Bt.');
    expect(read({ ...rental(1), type: 'door_opened' })).toBe('door_opened');
  });
});

describe('server messages', () => {
  it('have the members that the server describes', () => {
    type Schemas = components['schemas'];
    expectTypeOf<keyof SessionInfo>().toEqualTypeOf<keyof Schemas['session']>();
    expectTypeOf<keyof Goodbye>().toEqualTypeOf<keyof Schemas['goodbye']>();
    expectTypeOf<keyof NotificationCount>().toEqualTypeOf<keyof Schemas['notifications']>();
    expectTypeOf<keyof Claim>().toEqualTypeOf<keyof Schemas['claim']>();
    expectTypeOf<keyof TestAlert>().toEqualTypeOf<keyof Schemas['test_alert']>();
    expectTypeOf<Schemas['Gap']['reason']>().toExtend<GapReason>();
  });

  it('session: what is missing has a safe value', () => {
    expect(parseSession({})).toBeNull();
    expect(parseSession(null)).toBeNull();
    expect(
      parseSession({ recovered: true, rooms: 'x', gap: { reason: 'flood', missed: -1 }, replayed: Number.NaN }),
    ).toEqual({
      connectionId: '',
      tenantId: '',
      role: '',
      rooms: [],
      position: '',
      head: '',
      recovered: true,
      replayed: 0,
      gap: { reason: 'epoch', missed: null },
      version: 0,
      serverTime: '',
      tokenExpiresAt: '',
    });
  });

  it('goodbye, refusal, refresh, server time', () => {
    expect(parseGoodbye({ code: 'LOGGED_OUT', reconnect: false })).toEqual({
      code: 'LOGGED_OUT',
      reconnect: false,
      retryAfterMs: null,
    });
    expect(parseGoodbye({})).toBeNull();
    expect(parseRefusal(Object.assign(new Error('x'), { data: { code: 'FORBIDDEN' } }))).toEqual({
      code: 'FORBIDDEN',
      retryAfterMs: null,
      limit: null,
    });
    expect(parseRefusal(new Error('websocket error'))).toBeNull();
    expect(parseRefreshAnswer({ ok: false, error: { code: 'FORBIDDEN' } })).toEqual({
      ok: false,
      tokenExpiresAt: '',
      code: 'FORBIDDEN',
    });
    expect(serverTimeOf({ serverTime: '1970-01-01T00:00:01.000Z' })).toBe(1000);
    expect(serverTimeOf({})).toBeNull();
  });
});

describe('unread count', () => {
  const base = (unreadCount: number, number: number, version: number, epoch = 'e1') => ({
    unreadCount,
    head: `${epoch}:m:${number}`,
    version,
  });
  const counted = (badge: UnreadCount, ...numbers: number[]) =>
    numbers.reduce((sum, number) => countEvent(sum, `e1:m:${number}`), badge);

  it('adds feed events to the last count, each once', () => {
    const badge = counted(replaceBase(emptyUnreadCount, base(5, 10, 1)), 10, 11, 12, 12);
    expect(unreadTotal(badge)).toBe(7);
  });

  it('drops what a newer count includes', () => {
    const badge = replaceBase(counted(replaceBase(emptyUnreadCount, base(5, 10, 1)), 11, 12), base(6, 11, 2));
    expect(unreadTotal(badge)).toBe(7);
    expect(unreadTotal(replaceBase(badge, base(0, 12, 3)))).toBe(0);
  });

  it('ignores an older count, by version and then by head', () => {
    const badge = replaceBase(emptyUnreadCount, base(3, 20, 5));
    expect(replaceBase(badge, base(9, 21, 4))).toBe(badge);
    expect(replaceBase(badge, base(9, 19, 5))).toBe(badge);
    expect(unreadTotal(replaceBase(badge, base(4, 21, 5)))).toBe(4);
  });

  it('takes a count of another epoch', () => {
    expect(unreadTotal(replaceBase(replaceBase(emptyUnreadCount, base(3, 20, 5)), base(1, 1, 1, 'e2')))).toBe(1);
    expect(unreadTotal(countEvent(replaceBase(emptyUnreadCount, base(3, 20, 5)), 'e2:m:1'))).toBe(4);
  });

  it('counts before the first count, and nothing unreadable', () => {
    expect(unreadTotal(counted(emptyUnreadCount, 1, 2))).toBe(2);
    expect(countEvent(emptyUnreadCount, 'nonsense')).toBe(emptyUnreadCount);
    expect(unreadTotal(replaceBase(emptyUnreadCount, { unreadCount: 2, head: '', version: 1 }))).toBe(2);
  });
});

it('token: reads exp, or nothing', () => {
  expect(tokenExpiry(jwt(5000))).toBe(5000);
  expect(tokenExpiry('opaque')).toBeNull();
  expect(tokenExpiry('a.%%%.c')).toBeNull();
  expect(tokenExpiry(`a.${btoa('7')}.c`)).toBeNull();
  expect(tokenExpiry(`a.${btoa('{}')}.c`)).toBeNull();
});

it("server clock: a sample outweighs a greeting, unless the device's clock was set", () => {
  let now = 1000;
  const clock = createServerClock({ now: () => now });
  expect(clock.age('1970-01-01T00:00:01.000Z')).toBeNull();
  clock.greet(2000);
  expect(clock.now()).toBe(2000);
  now = 1100;
  clock.sample(2050, 1000); // half of the round trip is 50
  expect(clock.now()).toBe(2100);
  expect(clock.measured).toBe(true);
  expect(clock.age('1970-01-01T00:00:02.090Z')).toBe(10);
  expect(clock.age('1970-01-01T00:00:09.000Z')).toBe(0);
  expect(clock.age('soon')).toBeNull();
  clock.greet(2080);
  expect(clock.now()).toBe(2100);
  clock.greet(60_000);
  expect(clock.now()).toBe(60_000);
});

it('listeners: twice registered is twice called; a throw does not stop the others', () => {
  const errors: unknown[] = [];
  const listeners = createListeners<{ ring: number }>((error) => errors.push(error));
  const heard: number[] = [];
  const listener = (value: number) => heard.push(value);
  const stop = listeners.on('ring', listener);
  listeners.on('ring', () => {
    throw new Error('x');
  });
  listeners.on('ring', listener);
  listeners.emit('ring', 1);
  stop();
  stop();
  listeners.emit('ring', 2);
  expect(heard).toEqual([1, 1, 2]);
  expect(errors).toHaveLength(2);
});

it('seen: unacknowledged ids are sent again, and memory is bounded', async () => {
  vi.useFakeTimers();
  const sent: string[][] = [];
  let taken = false;
  const seen = createSeenBatch(
    { setTimeout: (run, ms) => setTimeout(run, ms), clearTimeout: (handle) => clearTimeout(handle) },
    (ids) => {
      sent.push([...ids]);
      return Promise.resolve(taken);
    },
  );
  seen.add(['a']);
  await vi.advanceTimersByTimeAsync(500);
  taken = true;
  seen.flush();
  await vi.advanceTimersByTimeAsync(0);
  seen.flush();
  expect(sent).toEqual([['a'], ['a']]);
  seen.add(Array.from({ length: 1001 }, (_, index) => `id-${index}`));
  seen.add(['a']); // forgotten, so sent once more
  seen.stop();
  await vi.advanceTimersByTimeAsync(1000);
  expect(sent).toHaveLength(2);
  seen.flush();
  expect(sent.slice(2).flat()).toHaveLength(1002);
});

describe('browser environment', () => {
  it('listens to the window and the document, and stops', () => {
    const environment = browserEnvironment();
    const heard: string[] = [];
    const stops = [
      environment.onOnline(() => heard.push('online')),
      environment.onOffline(() => heard.push('offline')),
      environment.onVisible(() => heard.push('visible')),
    ];
    const ring = () => {
      window.dispatchEvent(new Event('online'));
      window.dispatchEvent(new Event('offline'));
      document.dispatchEvent(new Event('visibilitychange'));
      window.dispatchEvent(new Event('pageshow'));
    };
    ring();
    expect(heard).toEqual(['online', 'offline', 'visible', 'visible']);
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
    expect(environment.isVisible()).toBe(false);
    document.dispatchEvent(new Event('visibilitychange'));
    expect(heard).toHaveLength(4);
    for (const stop of stops) stop();
    ring();
    expect(heard).toHaveLength(4);
    expect(environment.isOnline()).toBe(true);
    expect(environment.random()).toBeLessThan(1);
    expect(Math.abs(environment.now() - Date.now())).toBeLessThan(1000);
  });

  it('reports errors in a task of their own', () => {
    vi.useFakeTimers();
    browserEnvironment().reportError(new Error('listener'));
    expect(() => vi.runAllTimers()).toThrow('listener');
  });

  it('runs and clears timers', () => {
    vi.useFakeTimers();
    const environment = browserEnvironment();
    const run = vi.fn();
    environment.setTimeout(run, 10);
    environment.clearTimeout(environment.setTimeout(run, 10));
    vi.advanceTimersByTime(20);
    expect(run).toHaveBeenCalledOnce();
  });
});

it("stock manager: the page's own origin, or the one given", () => {
  for (const url of [undefined, 'http://shop.test']) {
    const manager = createStockManager(url, { autoConnect: false });
    expect(manager.engine).toBeUndefined();
    expect(manager.socket('/ws/dashboard', { auth: {} }).active).toBe(false);
  }
});
