import { shapes } from './event-shapes.js';
import type { KnownEvent } from './event-types.js';

/** The envelope of an event. `timestamp` is the commit time, RFC 3339 in UTC; with `eventId` it identifies the event. */
export interface Envelope<Type extends string, Data> {
  readonly eventId: string;
  readonly timestamp: string;
  readonly type: Type;
  readonly data: Data;
}

/** An event of a later server, or one whose `data` does not hold what its type promises: a plain notification. */
export type UnknownEvent = Envelope<string, unknown>;

/** An event of the feed. isKnownEvent and isEvent tell which. */
export type FeedEvent = KnownEvent | UnknownEvent;

export type EventOf<Type extends KnownEvent['type']> = Extract<KnownEvent, { readonly type: Type }>;

function fits(data: object, shape: (typeof shapes)[KnownEvent['type']]): boolean {
  return Object.entries(shape).every(([name, kind]) => {
    const value = (data as Record<string, unknown>)[name];
    return typeof kind === 'string' ? typeof value === kind : kind.includes(value as string);
  });
}

/** isKnownType: the type is one of ours. */
export function isKnownType(type: string): type is KnownEvent['type'] {
  return Object.hasOwn(shapes, type);
}

/** isKnownEvent: the type is one of ours, and `data` holds what the type promises. */
export function isKnownEvent(event: FeedEvent): event is KnownEvent {
  const { type, data } = event;
  return isKnownType(type) && typeof data === 'object' && data !== null && fits(data, shapes[type]);
}

/** isEvent: the event is of this type, and `data` holds what the type promises. */
export function isEvent<Type extends KnownEvent['type']>(event: FeedEvent, type: Type): event is EventOf<Type> {
  return event.type === type && isKnownEvent(event);
}

/** parseFeedEvent checks the envelope of an event from outside; null when it is not one. */
export function parseFeedEvent(value: unknown): FeedEvent | null {
  if (typeof value !== 'object' || value === null) return null;
  const { eventId, timestamp, type, data } = value as Record<string, unknown>;
  if (typeof eventId !== 'string' || eventId === '' || typeof timestamp !== 'string') return null;
  if (typeof type !== 'string' || typeof data !== 'object' || data === null) return null;
  return { eventId, timestamp, type, data };
}
