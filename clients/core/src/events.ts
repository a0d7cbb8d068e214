/**
 * One event of a feed as the server sends it. `timestamp` is the commit time,
 * RFC 3339 in UTC with milliseconds; with `eventId` it identifies the event.
 */
export interface FeedEvent<Type extends string = string, Data = unknown> {
  readonly eventId: string;
  readonly timestamp: string;
  readonly type: Type;
  readonly data: Data;
}

/** A product at a location fell below one of its thresholds. */
export type StockAlertEvent = FeedEvent<
  'stock_alert',
  {
    readonly productId: string;
    readonly productName: string;
    readonly currentQuantity: number;
    readonly threshold: number;
    readonly locationId: string;
    readonly locationName: string;
    readonly severity: 'CRITICAL' | 'WARNING';
  }
>;

/** A card payment failed. `amount` is a whole number of forints. */
export type PaymentErrorEvent = FeedEvent<
  'payment_error',
  {
    readonly transactionId: string;
    readonly errorCode: string;
    readonly errorMessage: string;
    readonly partnerId: string;
    readonly partnerName: string;
    readonly amount: number;
    readonly currency: 'HUF';
  }
>;

/** A rental was opened. `totalValue` is a whole number of forints. */
export type RentalCreatedEvent = FeedEvent<
  'rental_created',
  {
    readonly rentalId: string;
    readonly partnerId: string;
    readonly partnerName: string;
    readonly equipmentCount: number;
    readonly totalValue: number;
    readonly currency: 'HUF';
  }
>;

export function isStockAlert(event: FeedEvent): event is StockAlertEvent {
  return event.type === 'stock_alert';
}

export function isPaymentError(event: FeedEvent): event is PaymentErrorEvent {
  return event.type === 'payment_error';
}

export function isRentalCreated(event: FeedEvent): event is RentalCreatedEvent {
  return event.type === 'rental_created';
}

/**
 * parseFeedEvent checks the envelope only: what `data` holds is the concern of
 * whoever shows that type, so a new type of event needs no change here.
 */
export function parseFeedEvent(value: unknown): FeedEvent | null {
  if (typeof value !== 'object' || value === null) return null;
  const { eventId, timestamp, type, data } = value as Record<string, unknown>;
  if (typeof eventId !== 'string' || eventId === '') return null;
  if (typeof timestamp !== 'string' || typeof type !== 'string') return null;
  if (typeof data !== 'object' || data === null) return null;
  return { eventId, timestamp, type, data };
}
