import type { components } from './server-schemas.js';

/** The envelope of an event. `timestamp` is the commit time, RFC 3339 in UTC; with `eventId` it identifies the event. */
export interface Envelope<Type extends string, Data> {
  readonly eventId: string;
  readonly timestamp: string;
  readonly type: Type;
  readonly data: Data;
}

type Schemas = components['schemas'];

/** A product at a location fell below one of its thresholds. */
export type StockAlertEvent = Envelope<'stock_alert', Readonly<Schemas['StockAlert']>>;

/** A card payment failed. `amount` is a whole number of forints. */
export type PaymentErrorEvent = Envelope<'payment_error', Readonly<Schemas['PaymentError']>>;

/** A rental was opened. `totalValue` is a whole number of forints. */
export type RentalCreatedEvent = Envelope<'rental_created', Readonly<Schemas['RentalCreated']>>;

/** The events whose `data` is checked: a union by `type`. */
export type KnownEvent = StockAlertEvent | PaymentErrorEvent | RentalCreatedEvent;

/** An event of a later server, or one whose `data` does not hold what its type promises: a plain notification. */
export type UnknownEvent = Envelope<string, unknown>;

/** An event of the feed. isKnownEvent and isEvent tell which. */
export type FeedEvent = KnownEvent | UnknownEvent;

export type EventOf<Type extends KnownEvent['type']> = Extract<KnownEvent, { readonly type: Type }>;

type Kind = 'string' | 'number' | readonly string[];

/** What `data` must hold, member by member as the server describes it; further members are passed on. */
const shapes: { readonly [Type in KnownEvent['type']]: Readonly<Record<keyof EventOf<Type>['data'], Kind>> } = {
  stock_alert: {
    productId: 'string',
    productName: 'string',
    currentQuantity: 'number',
    threshold: 'number',
    locationId: 'string',
    locationName: 'string',
    severity: ['CRITICAL', 'WARNING'],
  },
  payment_error: {
    transactionId: 'string',
    errorCode: 'string',
    errorMessage: 'string',
    partnerId: 'string',
    partnerName: 'string',
    amount: 'number',
    currency: ['HUF'],
  },
  rental_created: {
    rentalId: 'string',
    partnerId: 'string',
    partnerName: 'string',
    equipmentCount: 'number',
    totalValue: 'number',
    currency: ['HUF'],
  },
};

function fits(data: object, shape: Readonly<Record<string, Kind>>): boolean {
  return Object.entries(shape).every(([name, kind]) => {
    const value = (data as Record<string, unknown>)[name];
    return typeof kind === 'string' ? typeof value === kind : kind.includes(value as string);
  });
}

/** isKnownEvent: the type is one of ours, and `data` holds what the type promises. */
export function isKnownEvent(event: FeedEvent): event is KnownEvent {
  const { type, data } = event;
  return (
    Object.hasOwn(shapes, type) &&
    typeof data === 'object' &&
    data !== null &&
    fits(data, shapes[type as KnownEvent['type']])
  );
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
