import { queryOptions } from '@tanstack/react-query';
import { call, orNull } from './call';
import { keys } from './keys';

// What can be rented.

export const productsQueryOptions = (search: string) =>
  queryOptions({
    queryKey: [...keys.products, search],
    queryFn: ({ signal }) => call('get', '/api/v1/products', { query: { search, limit: 50 }, signal }),
    staleTime: 60_000,
  });

/** The product with exactly this barcode or id, archived or not; null when there is none. */
export const productOfCodeQueryOptions = (code: string) =>
  queryOptions({
    queryKey: [...keys.products, 'code', code],
    queryFn: async ({ signal }) =>
      (await call('get', '/api/v1/products', { query: { code, limit: 1 }, signal })).items[0] ?? null,
    // A code may be given to a product a moment after it was not known.
    staleTime: 0,
  });

/** What a product costs a day, in whole forints; null when it is not there any more. */
export const priceQueryOptions = (productId: string) =>
  queryOptions({
    queryKey: [...keys.products, 'price', productId],
    queryFn: async ({ signal }) =>
      (await orNull(call('get', '/api/v1/products/{id}', { path: { id: productId }, signal })))?.dailyPrice ?? null,
  });
