import { queryOptions } from '@tanstack/react-query';
import type { PaymentRequest, PaymentStatus } from '../shared/model';
import { call } from './call';
import { keys, tradeKeys } from './keys';
import { listQueryOptions } from './list';
import { idempotencyHeader, useWrite, type WriteHandlers } from './write';

// Payments, and those that failed and still want something done.

export interface PaymentListFilter {
  status: PaymentStatus | null;
  locationId: string | null;
  search?: string | null;
  /** The first and the last day on which they were made (2026-03-02), both included; with one of them come totals. */
  from?: string | null;
  to?: string | null;
}

export const paymentsQueryOptions = (filter: PaymentListFilter) =>
  listQueryOptions([...keys.payments, 'list', filter], '/api/v1/payments', { ...filter });

/** The failures of a location's rentals; of all of them, and of other programs, with null. */
export const failuresQueryOptions = (locationId: string | null) =>
  queryOptions({
    queryKey: [...keys.paymentFailures, { locationId }],
    queryFn: ({ signal }) => call('get', '/api/v1/payments/failures', { query: { locationId }, signal }),
  });

/** Pays what a rental owes, in cash or with a stored card. */
export function usePay(handlers?: WriteHandlers<unknown, PaymentRequest>) {
  return useWrite<unknown, PaymentRequest>(
    {
      send: (body, key) => call('post', '/api/v1/payments', { body, ...idempotencyHeader(key) }),
      refresh: tradeKeys,
      // A decline is an event too, and a timeout leaves a pending payment behind.
      refreshOnError: tradeKeys,
    },
    handlers,
  );
}
