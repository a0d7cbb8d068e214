import { queryOptions } from '@tanstack/react-query';
import { ApiError } from '../shared/http';
import type { Rental, RentalOrder, RentalStatus } from '../shared/model';
import { call } from './call';
import { type Key, keys, tradeKeys } from './keys';
import { listQueryOptions, pageSize } from './list';
import { idempotencyHeader, useWrite, type WriteHandlers } from './write';

// Rentals: what is out, and its way from the checkout to the return.

export interface RentalFilter {
  status: RentalStatus | null;
  locationId: string | null;
  /** true: those that are out, whether late or not. */
  out?: true | null;
  /** true: those that are out or returned and not paid in full; the answer has the sum of all. */
  owed?: true | null;
  /** The first and the last day on which they are due (2026-03-02), both included. */
  dueFrom?: string | null;
  dueTo?: string | null;
  search?: string | null;
  /** Absent: the newest first. */
  sort?: 'overdue' | RentalOrder | null;
}

export const rentalsQueryOptions = (filter: RentalFilter, limit = pageSize) =>
  listQueryOptions([...keys.rentals, 'list', { ...filter, limit }], '/api/v1/rentals', { ...filter }, limit);

export const rentalQueryOptions = (id: string) =>
  queryOptions({
    queryKey: [...keys.rentals, 'one', id],
    queryFn: ({ signal }) => call('get', '/api/v1/rentals/{id}', { path: { id }, signal }),
  });

const outdated: Readonly<Record<string, readonly Key[]>> = {
  INSUFFICIENT_STOCK: [keys.stock],
  PRICE_CHANGED: [keys.products],
  ARCHIVED: [keys.products, keys.partners, keys.locations, keys.stock],
  ERASED: [keys.partners],
};

export interface RentalRequest {
  partnerId: string;
  locationId: string;
  dueAt: string;
  lines: { productId: string; quantity: number }[];
  /** What the page showed; the server refuses another sum with PRICE_CHANGED. */
  expectedTotal: number;
  payment?: { method: 'CARD' | 'CASH'; cardToken?: string };
}

/** Opens a rental and charges it. A refusal for outdated figures reads those figures again. */
export function useCreateRental(handlers?: WriteHandlers<Rental, RentalRequest>) {
  return useWrite<Rental, RentalRequest>(
    {
      send: (body, key) => call('post', '/api/v1/rentals', { body, ...idempotencyHeader(key) }),
      refresh: tradeKeys,
      refreshOnError: (error) => (error instanceof ApiError ? (outdated[error.code] ?? []) : []),
    },
    handlers,
  );
}
