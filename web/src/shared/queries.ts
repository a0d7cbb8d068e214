import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { ApiError } from './api';
import { call, type CallOptions, type ItemOf, type ListFilter, type ListPath } from './call';
import type { Page, PaymentStatus, RentalStatus, Severity } from './model';

/** How many rows one step of a list brings. */
const pageSize = 50;

/** A list that comes page by page. */
export const listQueryOptions = <Path extends ListPath>(
  queryKey: readonly unknown[],
  path: Path,
  filter: ListFilter<Path>,
  limit = pageSize,
) =>
  infiniteQueryOptions({
    queryKey,
    queryFn: ({ signal, pageParam }) => fetchPage(path, filter, limit, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor,
  });

function fetchPage<Path extends ListPath>(
  path: Path,
  filter: ListFilter<Path>,
  limit: number,
  cursor: string | null,
  signal: AbortSignal,
): Promise<Page<ItemOf<Path>>> {
  // Every list takes limit and cursor, which the compiler cannot see of a path that is not known yet.
  const options = { query: { ...filter, limit, cursor }, signal } as unknown as CallOptions<Path, 'get'>;
  return call('get', path, options);
}

/** How many pieces of a product are free at a location; 0 where it is not stocked. */
export const freeQueryOptions = (productId: string, locationId: string) =>
  queryOptions({
    queryKey: ['inventory', 'stock', 'free', productId, locationId],
    queryFn: async ({ signal }) => {
      const path = { productId, locationId };
      const item = await found(call('get', '/api/v1/inventory/stock/{productId}/{locationId}', { path, signal }));
      return item?.quantity ?? 0;
    },
  });

/** What a product costs a day, in whole forints; null when it does not exist any more. */
export const priceQueryOptions = (productId: string) =>
  queryOptions({
    queryKey: ['catalogue', 'products', 'price', productId],
    queryFn: async ({ signal }) =>
      (await found(call('get', '/api/v1/products/{id}', { path: { id: productId }, signal })))?.dailyPrice ?? null,
  });

/** The answer, or null when it is NOT_FOUND. */
async function found<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}

export const alertsQueryOptions = () =>
  queryOptions({
    queryKey: ['dashboard-inventory', 'alerts'],
    queryFn: ({ signal }) => call('get', '/api/v1/inventory/alerts', { query: { limit: 200 }, signal }),
  });

export const summaryQueryOptions = (locationId: string | null) =>
  queryOptions({
    queryKey: ['dashboard', 'summary', { locationId }],
    queryFn: ({ signal }) => call('get', '/api/v1/dashboard/summary', { query: { locationId }, signal }),
  });

export interface StockFilter {
  search: string;
  severity: Severity | null;
  locationId: string | null;
}

export const stockQueryOptions = (filter: StockFilter) =>
  listQueryOptions(['inventory', 'stock', filter], '/api/v1/inventory/stock', { ...filter });

export const rentalsQueryOptions = (
  filter: { status: RentalStatus | null; locationId: string | null },
  limit = pageSize,
) => listQueryOptions(['rentals', 'list', { ...filter, limit }], '/api/v1/rentals', filter, limit);

export const rentalQueryOptions = (id: string) =>
  queryOptions({
    queryKey: ['rentals', 'one', id],
    queryFn: ({ signal }) => call('get', '/api/v1/rentals/{id}', { path: { id }, signal }),
  });

export const paymentsQueryOptions = (status: PaymentStatus | null) =>
  listQueryOptions(['payments', 'list', { status }], '/api/v1/payments', { status });

export const failuresQueryOptions = () =>
  queryOptions({
    queryKey: ['payments', 'failures'],
    queryFn: ({ signal }) => call('get', '/api/v1/payments/failures', { signal }),
  });

export const locationsQueryOptions = () =>
  queryOptions({
    queryKey: ['catalogue', 'locations'],
    queryFn: ({ signal }) => call('get', '/api/v1/locations', { query: { limit: 200 }, signal }),
    staleTime: 60_000,
  });

export const partnersQueryOptions = (search: string) =>
  queryOptions({
    queryKey: ['catalogue', 'partners', search],
    queryFn: ({ signal }) => call('get', '/api/v1/partners', { query: { search, limit: 50 }, signal }),
    staleTime: 60_000,
  });

export const cardsQueryOptions = (partnerId: string) =>
  queryOptions({
    queryKey: ['catalogue', 'cards', partnerId],
    queryFn: ({ signal }) => call('get', '/api/v1/partners/{id}/cards', { path: { id: partnerId }, signal }),
    staleTime: 60_000,
  });

export const productsQueryOptions = (search: string) =>
  queryOptions({
    queryKey: ['catalogue', 'products', search],
    queryFn: ({ signal }) => call('get', '/api/v1/products', { query: { search, limit: 50 }, signal }),
    staleTime: 60_000,
  });
