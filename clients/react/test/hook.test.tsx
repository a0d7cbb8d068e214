// @vitest-environment jsdom
import { act, cleanup, renderHook } from '@testing-library/react';
import { StrictMode } from 'react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { useWebSocketEvents, type FeedEvent, type WebSocketEventsOptions } from '../src/index.js';
import { FakeEnvironment, FakeServer, jwt, rental } from '@harang/client/testing';
import { flush, pass } from './time.js';

let server: FakeServer;
let environment: FakeEnvironment;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 1, 4, 14, 0, 0) });
  server = new FakeServer();
  environment = new FakeEnvironment();
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const token = (): string => jwt(Date.now() + 900_000);

function mount(patch: Partial<WebSocketEventsOptions> = {}) {
  const base: WebSocketEventsOptions = { token, environment: environment, createManager: server.createManager };
  return renderHook((options: WebSocketEventsOptions) => useWebSocketEvents(options), {
    initialProps: { ...base, ...patch },
    wrapper: StrictMode,
  });
}

async function settle(run: () => void = () => undefined): Promise<void> {
  await act(async () => {
    run();
    await flush();
  });
}

const alert: FeedEvent = {
  eventId: 's1',
  timestamp: '2026-02-04T14:00:00.000Z',
  type: 'stock_alert',
  data: {
    productId: 'p',
    productName: 'Fúró',
    currentQuantity: 0,
    threshold: 3,
    locationId: 'l',
    locationName: 'Váci út',
    severity: 'CRITICAL',
  },
};
const declined: FeedEvent = {
  eventId: 'p1',
  timestamp: '2026-02-04T14:00:01.000Z',
  type: 'payment_error',
  data: {
    transactionId: 't',
    errorCode: 'iso:51',
    errorMessage: 'Nincs elég fedezet',
    partnerId: 'p',
    partnerName: 'Alfa',
    amount: 18900,
    currency: 'HUF',
  },
};

it('keeps one connection, under StrictMode too, and closes it on unmount', async () => {
  const view = mount();
  await settle();
  expect(server.managers).toBe(1);
  expect(server.dials).toBe(1);
  await settle(() => server.link.welcome());
  expect(view.result.current).toMatchObject({ status: 'connected', reason: null });
  view.unmount();
  await settle();
  expect(server.open).toHaveLength(0);
  expect(server.link.clientLeft).toBe(true);
  expect(environment.listeners).toBe(0);
});

it('calls the newest handler for each kind of event', async () => {
  const stale = vi.fn();
  const view = mount({ onStockAlert: stale });
  await settle();
  await settle(() => server.link.welcome());
  const handlers = {
    onStockAlert: vi.fn(),
    onPaymentError: vi.fn(),
    onRentalCreated: vi.fn(),
    onEvent: vi.fn(),
    onGap: vi.fn(),
    onReload: vi.fn(),
    onNotifications: vi.fn(),
    onClaim: vi.fn(),
    onTestAlert: vi.fn(),
    onNewLogin: vi.fn(),
  };
  view.rerender({ token, environment: environment, createManager: server.createManager, ...handlers });
  await settle(() => {
    server.link.emit('stock_alert', alert, 'e1:m:11');
    server.link.emit('payment_error', declined, 'e1:m:12');
    server.link.emit('rental_created', rental(13), 'e1:m:15');
    server.link.emit('notifications', { unreadCount: 1, head: 'e1:m:15', version: 2 });
    server.link.emit('claim', { eventId: 's1', by: null, at: null });
    server.link.emit('test_alert', { id: 'a1', at: '2026-02-04T14:00:00.000Z' });
    server.link.emit('new_login', { device: 'Firefox, Linux', at: '2026-02-04T14:00:00.000Z' });
  });
  expect(stale).not.toHaveBeenCalled();
  expect(handlers.onStockAlert).toHaveBeenCalledExactlyOnceWith({
    event: alert,
    position: 'e1:m:11',
    isForegroundTab: true,
  });
  expect(handlers.onPaymentError).toHaveBeenCalledExactlyOnceWith({
    event: declined,
    position: 'e1:m:12',
    isForegroundTab: true,
  });
  expect(handlers.onRentalCreated).toHaveBeenCalledExactlyOnceWith({
    event: rental(13),
    position: 'e1:m:15',
    isForegroundTab: true,
  });
  expect(handlers.onEvent).toHaveBeenCalledTimes(3);
  expect(handlers.onGap).toHaveBeenCalledExactlyOnceWith({ reason: 'hole', missed: 2, isForegroundTab: true });
  expect(handlers.onReload).toHaveBeenCalledExactlyOnceWith({ reason: 'hole' });
  expect(handlers.onNotifications).toHaveBeenCalledOnce();
  expect(handlers.onClaim).toHaveBeenCalledOnce();
  expect(handlers.onTestAlert).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: 'a1' }));
  expect(handlers.onNewLogin).toHaveBeenCalledExactlyOnceWith({
    device: 'Firefox, Linux',
    at: '2026-02-04T14:00:00.000Z',
    isForegroundTab: true,
  });
});

it('passes a replay to onReplay alone', async () => {
  const onReplay = vi.fn();
  const onRentalCreated = vi.fn();
  const onSession = vi.fn();
  mount({ onReplay, onRentalCreated, onSession });
  await settle();
  await settle(() => server.link.welcome());
  await settle(() => server.link.cut());
  await act(() => pass(3000));
  await settle(() => {
    server.link.welcome({ recovered: true, replayed: 1 });
    server.link.emit('rental_created', rental(11), 'e1:m:11');
  });
  expect(onReplay).toHaveBeenCalledOnce();
  expect(onRentalCreated).not.toHaveBeenCalled();
  expect(onSession).toHaveBeenCalledTimes(2);
});

it('makes a new connection for another identity, and none while disabled', async () => {
  const view = mount({ enabled: false });
  await settle();
  expect(server.dials).toBe(0);
  expect(view.result.current.status).toBe('disconnected');
  const options: WebSocketEventsOptions = { token, environment: environment, createManager: server.createManager };
  view.rerender({ ...options, identity: 'anna' });
  await settle();
  await settle(() => server.link.welcome());
  view.rerender({ ...options, identity: 'béla' });
  await settle();
  expect(server.managers).toBe(2);
  expect(server.open).toHaveLength(1);
  expect(server.link.connect).not.toHaveProperty('pid');
});

it('reports the end of the session', async () => {
  const onSignedOut = vi.fn();
  const refresh = vi.fn(() => Promise.resolve('refused' as const));
  mount({ token: () => null, refresh, onSignedOut });
  await settle();
  expect(refresh).toHaveBeenCalledOnce();
  expect(onSignedOut).toHaveBeenCalledExactlyOnceWith({ reason: 'SIGNED_OUT' });
});

it('passes seen ids and "Újra most" on', async () => {
  server.onMessage = (_link, _name, _args, ack) => ack?.({ ok: true });
  const view = mount();
  await settle();
  await settle(() => server.link.welcome());
  view.result.current.markSeen(['s1']);
  await act(() => pass(500));
  expect(server.link.messages('seen')).toEqual([[{ eventIds: ['s1'] }]]);
  await settle(() => view.result.current.retryNow());
  expect(server.link.messages('clock').length).toBeGreaterThan(0);
});
