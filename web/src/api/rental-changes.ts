import { queryOptions } from '@tanstack/react-query';
import type { Rental } from '../shared/model';
import { call } from './call';
import { keys, tradeKeys } from './keys';
import { idempotencyHeader, useWrite, type WriteHandlers } from './write';

// Returns, extensions and cancellations of rentals.

/** What can be done with a rental that is out, or waits for its payment. */
export type RentalChange =
  | { kind: 'return'; lines: { productId: string; quantity: number }[]; credit: boolean }
  | { kind: 'extend'; dueAt: string; expectedTotal?: number }
  | { kind: 'cancel' };

function sendChange(
  id: string,
  change: RentalChange,
  options: { query?: { dryRun: boolean }; headers?: Record<string, string>; signal?: AbortSignal },
): Promise<Rental> {
  const to = { path: { id }, ...options };
  switch (change.kind) {
    case 'return':
      return call('post', '/api/v1/rentals/{id}/return', {
        ...to,
        body: { lines: change.lines, credit: change.credit },
      });
    case 'extend':
      return call('post', '/api/v1/rentals/{id}/extend', {
        ...to,
        body: {
          dueAt: change.dueAt,
          ...(change.expectedTotal !== undefined && { expectedTotal: change.expectedTotal }),
        },
      });
    case 'cancel':
      return call('post', '/api/v1/rentals/{id}/cancel', to);
  }
}

/** The rental as it would be after a change, with its price, debt and refunds; changes nothing. */
export const changePreviewQueryOptions = (id: string, change: RentalChange) =>
  queryOptions({
    queryKey: [...keys.rentals, 'preview', id, change],
    queryFn: ({ signal }) => sendChange(id, change, { query: { dryRun: true }, signal }),
    // Prices and stock move; what is confirmed is what was read last.
    staleTime: 0,
    gcTime: 0,
  });

/** Takes pieces of a rental back, extends it, or cancels it. */
export function useChangeRental(id: string, handlers?: WriteHandlers<Rental, RentalChange>) {
  return useWrite<Rental, RentalChange>(
    {
      send: (change, key) => sendChange(id, change, idempotencyHeader(key)),
      refresh: tradeKeys,
      refreshOnError: tradeKeys,
    },
    handlers,
  );
}
