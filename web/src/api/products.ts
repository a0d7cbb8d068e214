import { queryOptions } from '@tanstack/react-query';
import type { Product } from '../shared/model';
import { call, orNull } from './call';
import { keys } from './keys';
import { listQueryOptions } from './list';
import { useWrite, type WriteHandlers } from './write';

// What can be rented.

/** The first products of a search, for a field that offers them. */
export const productsQueryOptions = (search: string) =>
  queryOptions({
    queryKey: [...keys.products, search],
    queryFn: ({ signal }) => call('get', '/api/v1/products', { query: { search, limit: 50 }, signal }),
    staleTime: 60_000,
  });

/** The same for one who asks once. A field ends the request that it waits for when it looks for something else. */
export const namedProductsQueryOptions = (search: string) => {
  const offered = productsQueryOptions(search);
  return queryOptions({ ...offered, queryKey: [...keys.products, 'named', search] });
};

/** The product with exactly this barcode or id, archived or not; null when there is none. */
export const productOfCodeQueryOptions = (code: string) =>
  queryOptions({
    queryKey: [...keys.products, 'code', code],
    queryFn: async ({ signal }) =>
      (await call('get', '/api/v1/products', { query: { code, limit: 1 }, signal })).items[0] ?? null,
    // A code may be given to a product a moment after it was not known.
    staleTime: 0,
  });

/** What a list of the catalogue is limited to; those in use, or those that are archived. */
export interface CatalogueFilter {
  search: string;
  archived: boolean;
}

export const productListQueryOptions = ({ search, archived }: CatalogueFilter) =>
  listQueryOptions([...keys.products, 'page', { search, archived }], '/api/v1/products', {
    search,
    archived: archived || null,
  });

/** What a product costs a day, in whole forints; null when it is not there any more. */
export const priceQueryOptions = (productId: string) =>
  queryOptions({
    queryKey: [...keys.products, 'price', productId],
    queryFn: async ({ signal }) =>
      (await orNull(call('get', '/api/v1/products/{id}', { path: { id: productId }, signal })))?.dailyPrice ?? null,
  });

/** A product as it is saved: absent members stay as they are. */
export type ProductChange = Pick<Product, 'id' | 'name' | 'dailyPrice'> & Partial<Product>;

/** Adds or changes a product. The id is the caller's: sent again it makes no second product. */
export function useSaveProduct(handlers?: WriteHandlers<Product, ProductChange>) {
  return useWrite(
    {
      send: ({ id, ...body }: ProductChange) => call('put', '/api/v1/products/{id}', { path: { id }, body }),
      // An archived product is in no list of stock and raises no alert.
      refresh: [keys.products, keys.stock, keys.alerts, keys.summary],
    },
    handlers,
  );
}
