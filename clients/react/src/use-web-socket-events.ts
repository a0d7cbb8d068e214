import { useEffect, useState, useSyncExternalStore } from 'react';
import {
  createConnection,
  isEvent,
  type Claim,
  type Connection,
  type ConnectionEvents,
  type ConnectionOptions,
  type ConnectionSnapshot,
  type FeedEvent,
  type ForegroundTab,
  type Gap,
  type NotificationCount,
  type PaymentErrorEvent,
  type Reload,
  type RentalCreatedEvent,
  type ReplayBatch,
  type SessionInfo,
  type StockAlertEvent,
  type TestAlert,
} from '@harang/client';
import { shareTabs } from '@harang/client/tabs';

/** What a handler of an event is given. */
export interface EventDelivery<Event extends FeedEvent = FeedEvent> extends ForegroundTab {
  readonly event: Event;
  /** The event's position in the feed. */
  readonly position: string;
}

type Handler<Event extends FeedEvent> = ((delivery: EventDelivery<Event>) => void) | undefined;

/**
 * Handlers may change on every render; the newest is called. With `shareAs`
 * every tab hears everything, and `isForegroundTab` is true in one of them: show a
 * toast there. Without it `isForegroundTab` is always true.
 */
export interface WebSocketEventsOptions extends Omit<ConnectionOptions, 'share'> {
  /** Tabs of this browser that name the same share one connection: tenant, user and role, say. Without it, one each. */
  readonly shareAs?: string | undefined;
  /** false keeps the connection closed. */
  readonly enabled?: boolean | undefined;
  /** Whose connection this is, a user id say: another value makes a new one. */
  readonly identity?: string | undefined;
  readonly onStockAlert?: Handler<StockAlertEvent>;
  readonly onPaymentError?: Handler<PaymentErrorEvent>;
  readonly onRentalCreated?: Handler<RentalCreatedEvent>;
  /** Every live event, of whatever type. */
  readonly onEvent?: Handler<FeedEvent>;
  /** What came while away, as one thing; none of it is also given to the handlers above. */
  readonly onReplay?: ((digest: ReplayBatch & ForegroundTab) => void) | undefined;
  readonly onReload?: ((reload: Reload) => void) | undefined;
  readonly onGap?: ((gap: Gap & ForegroundTab) => void) | undefined;
  readonly onSession?: ((session: SessionInfo) => void) | undefined;
  readonly onNotifications?: ((count: NotificationCount) => void) | undefined;
  readonly onClaim?: ((claim: Claim) => void) | undefined;
  readonly onTestAlert?: ((alert: TestAlert & ForegroundTab) => void) | undefined;
  readonly onSignedOut?: ((reason: ConnectionEvents['signedOut']) => void) | undefined;
}

export interface WebSocketEvents extends ConnectionSnapshot {
  readonly retryNow: () => void;
  readonly markSeen: (eventIds: readonly string[]) => void;
}

/** The options of the newest render, for callbacks that run between renders. */
interface Newest {
  get(): WebSocketEventsOptions;
  set(options: WebSocketEventsOptions): void;
}

function createNewest(options: WebSocketEventsOptions): Newest {
  let newest = options;
  return {
    get: () => newest,
    set: (next) => {
      newest = next;
    },
  };
}

function listen(connection: Connection, newest: Newest): (() => void)[] {
  return [
    connection.on('event', (delivery) => {
      const { event, ...rest } = delivery;
      const handlers = newest.get();
      handlers.onEvent?.(delivery);
      if (isEvent(event, 'stock_alert')) handlers.onStockAlert?.({ event, ...rest });
      else if (isEvent(event, 'payment_error')) handlers.onPaymentError?.({ event, ...rest });
      else if (isEvent(event, 'rental_created')) handlers.onRentalCreated?.({ event, ...rest });
    }),
    connection.on('replay', (digest) => newest.get().onReplay?.(digest)),
    connection.on('reload', (reload) => newest.get().onReload?.(reload)),
    connection.on('gap', (gap) => newest.get().onGap?.(gap)),
    connection.on('session', (session) => newest.get().onSession?.(session)),
    connection.on('notifications', (count) => newest.get().onNotifications?.(count)),
    connection.on('claim', (claim) => newest.get().onClaim?.(claim)),
    connection.on('testAlert', (alert) => newest.get().onTestAlert?.(alert)),
    connection.on('signedOut', (reason) => newest.get().onSignedOut?.(reason)),
  ];
}

/**
 * useWebSocketEvents keeps one live connection for as long as the component is
 * mounted, and one only under StrictMode too. Mount it once, high up.
 */
export function useWebSocketEvents(options: WebSocketEventsOptions): WebSocketEvents {
  const [newest] = useState(() => createNewest(options));
  useEffect(() => {
    newest.set(options);
  });

  const { enabled = true, identity, url, shareAs } = options;
  const key = JSON.stringify([identity, url, shareAs]);
  const make = (): { key: string; connection: Connection } => ({
    key,
    connection: createConnection({
      ...options,
      share: shareAs === undefined ? undefined : shareTabs(shareAs),
      token: () => newest.get().token(),
      refresh: options.refresh && (async () => (await newest.get().refresh?.()) ?? 'refused'),
    }),
  });
  // Making a connection has no effect until start, so a render that is thrown away costs nothing.
  const [made, setMade] = useState(make);
  let current = made;
  if (made.key !== key) {
    current = make();
    setMade(current);
  }
  const { connection } = current;

  useEffect(() => {
    if (!enabled) return undefined;
    const unsubscribe = listen(connection, newest);
    let mounted = true;
    // StrictMode mounts, unmounts and mounts again in one turn: only the last may dial.
    queueMicrotask(() => {
      if (mounted) connection.start();
    });
    return () => {
      mounted = false;
      connection.stop();
      for (const undo of unsubscribe) undo();
    };
  }, [connection, enabled, newest]);

  const snapshot = useSyncExternalStore(connection.subscribe, connection.getSnapshot, connection.getSnapshot);
  return { ...snapshot, retryNow: connection.retryNow, markSeen: connection.markSeen };
}
