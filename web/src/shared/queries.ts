import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
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

/** The row of a list that is looked for, page by page until it is found; null when no page has it. */
async function findRow<Path extends ListPath>(
  path: Path,
  filter: ListFilter<Path>,
  isIt: (row: ItemOf<Path>) => boolean,
  signal: AbortSignal,
): Promise<ItemOf<Path> | null> {
  let cursor: string | null = null;
  do {
    const page: Page<ItemOf<Path>> = await fetchPage(path, filter, 200, cursor, signal);
    const row = page.items.find(isIt);
    if (row !== undefined) return row;
    cursor = page.nextCursor;
  } while (cursor !== null);
  return null;
}

/** How many pieces of a product are free at a location; 0 where it is not stocked. */
export const freeQueryOptions = (product: { id: string; name: string }, locationId: string) =>
  queryOptions({
    queryKey: ['inventory', 'stock', 'free', product.id, locationId],
    queryFn: async ({ signal }) => {
      const item = await findRow(
        '/api/v1/inventory/stock',
        { search: product.name, locationId },
        (row) => row.productId === product.id,
        signal,
      );
      return item?.quantity ?? 0;
    },
  });

/** What a product costs a day, in whole forints; null when it is not there any more. */
export const priceQueryOptions = (product: { id: string; name: string }) =>
  queryOptions({
    queryKey: ['catalogue', 'products', 'price', product.id],
    queryFn: async ({ signal }) =>
      (await findRow('/api/v1/products', { search: product.name }, (row) => row.id === product.id, signal))
        ?.dailyPrice ?? null,
  });

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
