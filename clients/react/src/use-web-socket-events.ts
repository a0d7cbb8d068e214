'use client';

import { useSyncExternalStore } from 'react';
import {
  isEvent,
  type Claim,
  type ConnectionEvents,
  type ConnectionSnapshot,
  type FeedEvent,
  type ForegroundTab,
  type Gap,
  type NewLogin,
  type NotificationCount,
  type PaymentErrorEvent,
  type Reload,
  type RentalCreatedEvent,
  type ReplayBatch,
  type SessionInfo,
  type StockAlertEvent,
  type TestAlert,
} from '@harang/client';
import { useNewest } from './use-newest.js';
import { useOwnedConnection, type OwnedConnectionOptions } from './use-owned-connection.js';

/** What a handler of an event is given. */
export interface EventDelivery<Event extends FeedEvent = FeedEvent> extends ForegroundTab {
  readonly event: Event;
  /** The event's position in the feed. */
  readonly position: string;
}

type Handler<Value> = ((value: Value) => void) | undefined;

/** Handlers may change on every render; the newest is called. With `shareAs` they run in every tab. */
export interface WebSocketEventsOptions extends OwnedConnectionOptions {
  readonly onStockAlert?: Handler<EventDelivery<StockAlertEvent>>;
  readonly onPaymentError?: Handler<EventDelivery<PaymentErrorEvent>>;
  readonly onRentalCreated?: Handler<EventDelivery<RentalCreatedEvent>>;
  /** Every live event, of whatever type. */
  readonly onEvent?: Handler<EventDelivery>;
  /** What came while away, in one batch; none of it is also given to the handlers above. */
  readonly onReplay?: Handler<ReplayBatch & ForegroundTab>;
  readonly onReload?: Handler<Reload>;
  readonly onGap?: Handler<Gap & ForegroundTab>;
  readonly onSession?: Handler<SessionInfo>;
  readonly onNotifications?: Handler<NotificationCount>;
  readonly onClaim?: Handler<Claim>;
  readonly onTestAlert?: Handler<TestAlert & ForegroundTab>;
  readonly onNewLogin?: Handler<NewLogin & ForegroundTab>;
  readonly onSignedOut?: Handler<ConnectionEvents['signedOut']>;
}

export interface WebSocketEvents extends ConnectionSnapshot {
  readonly retryNow: () => void;
  readonly markSeen: (eventIds: readonly string[]) => void;
}

/**
 * useWebSocketEvents keeps one connection for as long as the component is mounted: the provider and the event hooks in
 * one call. Mount it once, high up.
 */
export function useWebSocketEvents(options: WebSocketEventsOptions): WebSocketEvents {
  const newest = useNewest(options);
  const connection = useOwnedConnection(options, ({ on }) => [
    on('event', (delivery) => {
      const { event, ...rest } = delivery;
      const handlers = newest.get();
      handlers.onEvent?.(delivery);
      if (isEvent(event, 'stock_alert')) handlers.onStockAlert?.({ event, ...rest });
      else if (isEvent(event, 'payment_error')) handlers.onPaymentError?.({ event, ...rest });
      else if (isEvent(event, 'rental_created')) handlers.onRentalCreated?.({ event, ...rest });
    }),
    on('replay', (batch) => newest.get().onReplay?.(batch)),
    on('reload', (reload) => newest.get().onReload?.(reload)),
    on('gap', (gap) => newest.get().onGap?.(gap)),
    on('session', (session) => newest.get().onSession?.(session)),
    on('notifications', (count) => newest.get().onNotifications?.(count)),
    on('claim', (claim) => newest.get().onClaim?.(claim)),
    on('testAlert', (alert) => newest.get().onTestAlert?.(alert)),
    on('newLogin', (login) => newest.get().onNewLogin?.(login)),
    on('signedOut', (reason) => newest.get().onSignedOut?.(reason)),
  ]);
  const snapshot = useSyncExternalStore(connection.subscribe, connection.getSnapshot, connection.getSnapshot);
  return { ...snapshot, retryNow: connection.retryNow, markSeen: connection.markSeen };
}
