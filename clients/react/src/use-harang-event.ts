'use client';

import { isEvent, isKnownType, type ConnectionEvents, type EventOf, type KnownEvent } from '@harang/client';
import { useEffect } from 'react';
import { useNewest } from './use-newest.js';
import { useHarang } from './harang-provider.js';
import type { EventDelivery } from './use-web-socket-events.js';

/** The events of a connection that are not of a feed, by the name for useHarangEvent. */
type ConnectionEvent = Exclude<keyof ConnectionEvents, 'event'>;

/**
 * useHarangEvent calls the newest `handler` for each live event of the type, for `*` of any type, or for what else a
 * connection reports: `replay`, `gap`, `reload`, `claim` …
 */
export function useHarangEvent<Type extends KnownEvent['type']>(
  type: Type,
  handler: (delivery: EventDelivery<EventOf<Type>>) => void,
): void;
export function useHarangEvent(type: '*', handler: (delivery: EventDelivery) => void): void;
export function useHarangEvent<Name extends ConnectionEvent>(
  type: Name,
  handler: (value: ConnectionEvents[Name]) => void,
): void;
export function useHarangEvent(
  type: KnownEvent['type'] | '*' | ConnectionEvent,
  handler: (value: never) => void,
): void {
  const { connection } = useHarang();
  const newest = useNewest(handler as (value: unknown) => void);
  useEffect(() => {
    if (type === '*' || isKnownType(type)) {
      return connection.on('event', (delivery) => {
        if (type === '*' || isEvent(delivery.event, type)) newest.get()(delivery);
      });
    }
    return connection.on(type, (value) => {
      newest.get()(value);
    });
  }, [connection, newest, type]);
}
