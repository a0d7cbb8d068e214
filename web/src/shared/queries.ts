import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, query } from './api';
import type { Named, Page, Payment, PaymentFailure, PaymentStatus, Product, Rental, RentalStatus, Severity, StockAlert, StockItem, StoredCard, Summary } from './model';

/** How many rows one step of a list brings. */
const pageSize = 50;

/** A list that comes page by page. */
export const listQueryOptions = <T>(queryKey: readonly unknown[], path: string, filter: Parameters<typeof query>[0] = {}, limit = pageSize) =>
  infiniteQueryOptions({
    queryKey,
    queryFn: ({ signal, pageParam }) => api<Page<T>>(`${path}${query({ ...filter, limit, cursor: pageParam })}`, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor,
  });

/** The row of a list that is looked for, page by page until it is found; null when no page has it. */
async function findRow<T>(path: string, filter: Parameters<typeof query>[0], isIt: (row: T) => boolean, signal: AbortSignal): Promise<T | null> {
  let cursor: string | null = null;
  do {
    const page: Page<T> = await api<Page<T>>(`${path}${query({ ...filter, limit: 200, cursor })}`, { signal });
    const row = page.items.find(isIt);
    if (row !== undefined) return row;
    cursor = page.nextCursor;
  } while (cursor !== null);
  return null;
}

/** How many pieces of a product are free at a place; 0 where it is not kept. */
export const freeQueryOptions = (product: { id: string; name: string }, locationId: string) =>
  queryOptions({
    queryKey: ['inventory', 'stock', 'free', product.id, locationId],
    queryFn: async ({ signal }) => {
      const item = await findRow<StockItem>('/inventory/stock', { search: product.name, locationId }, (row) => row.productId === product.id, signal);
      return item?.quantity ?? 0;
    },
  });

/** What a product costs a day, in whole forints; null when it is not there any more. */
export const priceQueryOptions = (product: { id: string; name: string }) =>
  queryOptions({
    queryKey: ['catalogue', 'products', 'price', product.id],
    queryFn: async ({ signal }) => (await findRow<Product>('/products', { search: product.name }, (row) => row.id === product.id, signal))?.dailyPrice ?? null,
  });

export const alertsQueryOptions = () =>
  queryOptions({
    queryKey: ['dashboard-inventory', 'alerts'],
    queryFn: ({ signal }) => api<Page<StockAlert>>('/inventory/alerts?limit=200', { signal }),
  });

export const summaryQueryOptions = (locationId: string | null) =>
  queryOptions({
    queryKey: ['dashboard', 'summary', { locationId }],
    queryFn: ({ signal }) => api<Summary>(`/dashboard/summary${query({ locationId })}`, { signal }),
  });

export interface StockFilter {
  search: string;
  severity: Severity | null;
  locationId: string | null;
}

export const stockQueryOptions = (filter: StockFilter) => listQueryOptions<StockItem>(['inventory', 'stock', filter], '/inventory/stock', { ...filter });

export const rentalsQueryOptions = (filter: { status: RentalStatus | null; locationId: string | null }, limit = pageSize) =>
  listQueryOptions<Rental>(['rentals', 'list', { ...filter, limit }], '/rentals', filter, limit);

export const rentalQueryOptions = (id: string) =>
  queryOptions({
    queryKey: ['rentals', 'one', id],
    queryFn: ({ signal }) => api<Rental>(`/rentals/${encodeURIComponent(id)}`, { signal }),
  });

export const paymentsQueryOptions = (status: PaymentStatus | null) => listQueryOptions<Payment>(['payments', 'list', { status }], '/payments', { status });

export const failuresQueryOptions = () =>
  queryOptions({
    queryKey: ['payments', 'failures'],
    queryFn: ({ signal }) => api<Page<PaymentFailure>>('/payments/failures', { signal }),
  });

export const locationsQueryOptions = () =>
  queryOptions({
    queryKey: ['catalogue', 'locations'],
    queryFn: ({ signal }) => api<Page<Named>>('/locations?limit=200', { signal }),
    staleTime: 60_000,
  });

export const partnersQueryOptions = (search: string) =>
  queryOptions({
    queryKey: ['catalogue', 'partners', search],
    queryFn: ({ signal }) => api<Page<Named>>(`/partners${query({ search, limit: 50 })}`, { signal }),
    staleTime: 60_000,
  });

export const cardsQueryOptions = (partnerId: string) =>
  queryOptions({
    queryKey: ['catalogue', 'cards', partnerId],
    queryFn: ({ signal }) => api<Page<StoredCard>>(`/partners/${encodeURIComponent(partnerId)}/cards`, { signal }),
    staleTime: 60_000,
  });

export const productsQueryOptions = (search: string) =>
  queryOptions({
    queryKey: ['catalogue', 'products', search],
    queryFn: ({ signal }) => api<Page<Product>>(`/products${query({ search, limit: 50 })}`, { signal }),
    staleTime: 60_000,
  });
