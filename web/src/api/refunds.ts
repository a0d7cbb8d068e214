import type { Refund } from '../shared/model';
import { call } from './call';
import { keys, tradeKeys } from './keys';
import { listQueryOptions } from './list';
import { pollInterval } from './query-client';
import { useWrite, type WriteHandlers } from './write';

// Money that is given back. Cash is handed over at once; a card is refunded by its provider.

/** How often an open refund is looked at, milliseconds: the provider is asked within 5 s. */
const pendingInterval = 3000;
const failedInterval = 30_000;

/** The refetch interval of a query with these refunds, milliseconds; no event reports what becomes of them. */
export function refundInterval(refunds: readonly Refund[]): number {
  if (refunds.some(({ status }) => status === 'PENDING')) return pendingInterval;
  return refunds.some(({ status }) => status === 'FAILED') ? failedInterval : pollInterval;
}

/** Refunds that did not succeed yet, newest first, of one location or of all. Managers only. */
export const openRefundsQueryOptions = (locationId: string | null) =>
  listQueryOptions([...keys.refunds, 'open', { locationId }], '/api/v1/refunds', { open: true, locationId });

/** Asks the provider now for a refund that did not succeed yet. */
export function useRetryRefund(id: string, handlers?: WriteHandlers<Refund, void>) {
  return useWrite<Refund>(
    {
      send: () => call('post', '/api/v1/refunds/{id}/retry', { path: { id } }),
      refresh: tradeKeys,
      refreshOnError: tradeKeys,
    },
    handlers,
  );
}
