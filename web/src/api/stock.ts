import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { Severity, StockItem } from '../shared/model';
import { type Answer, call, orNull } from './call';
import { keys, tradeKeys } from './keys';
import { listQueryOptions, pageSize, paging } from './list';
import { idempotencyHeader, useWrite, type WriteHandlers } from './write';

// What is in stock: the list, what runs out, and every change of it.

export interface StockFilter {
  search: string;
  severity: Severity | null;
  locationId: string | null;
}

export type StockSort = 'name' | '-severity';

/** By name; with an order also what is out of each item. */
export const stockQueryOptions = (filter: StockFilter, sort: StockSort | null = null) =>
  listQueryOptions([...keys.stock, { ...filter, sort }], '/api/v1/inventory/stock', {
    ...filter,
    sort,
    ...(sort !== null && { out: true }),
  });

/** The rentals that are out with pieces of an item, the first due first. */
export const stockReturnsQueryOptions = (productId: string, locationId: string) =>
  infiniteQueryOptions({
    queryKey: [...keys.stock, 'returns', productId, locationId],
    queryFn: ({ signal, pageParam: { cursor } }) =>
      call('get', '/api/v1/inventory/stock/{productId}/{locationId}/returns', {
        path: { productId, locationId },
        query: { limit: 5, cursor },
        signal,
      }),
    ...paging,
  });

export const alertsQueryOptions = () =>
  queryOptions({
    queryKey: keys.alerts,
    queryFn: ({ signal }) => call('get', '/api/v1/inventory/alerts', { query: { limit: 200 }, signal }),
  });

/** How many pieces of a product are free at a location; 0 where it is not kept. */
export const freeQueryOptions = (productId: string, locationId: string) =>
  queryOptions({
    queryKey: [...keys.stock, 'free', productId, locationId],
    queryFn: async ({ signal }) => {
      const path = { productId, locationId };
      const item = await orNull(call('get', '/api/v1/inventory/stock/{productId}/{locationId}', { path, signal }));
      return item?.quantity ?? 0;
    },
  });

/**
 * The first hits of a search at a location. The answer is nobody else's: a list ends the request that it waits for when
 * it looks for something else.
 */
export const namedStockQueryOptions = (search: string, locationId: string) =>
  queryOptions({
    queryKey: [...keys.stock, 'named', search, locationId],
    queryFn: ({ signal }) =>
      call('get', '/api/v1/inventory/stock', { query: { search, locationId, limit: pageSize }, signal }),
  });

/** Where the product with exactly this barcode or id is kept, at one location or at all (null). */
export const stockOfCodeQueryOptions = (code: string, locationId: string | null) =>
  queryOptions({
    queryKey: [...keys.stock, 'code', code, locationId],
    queryFn: ({ signal }) =>
      call('get', '/api/v1/inventory/stock', { query: { code, locationId, limit: 200 }, signal }),
  });

export interface Adjustment {
  productId: string;
  locationId: string;
  delta: number;
  reason: string;
}

/** Books pieces in or out. The answer has the new quantity. */
export function useAdjustStock(handlers?: WriteHandlers<Answer<'/api/v1/inventory/adjustments', 'post'>, Adjustment>) {
  return useWrite(
    {
      send: (body: Adjustment, key) =>
        call('post', '/api/v1/inventory/adjustments', { body, ...idempotencyHeader(key) }),
      refresh: tradeKeys,
    },
    handlers,
  );
}

type ItemPath = Pick<StockItem, 'productId' | 'locationId'>;

/** How many pieces of a product a location begins with, and its levels. */
export interface NewStock extends ItemPath, Thresholds {
  quantity: number;
}

/** Puts a product into the stock of a location. Sent again it changes nothing. */
export function useCreateStock(handlers?: WriteHandlers<StockItem, NewStock>) {
  return useWrite(
    {
      send: ({ productId, locationId, ...body }: NewStock) =>
        call('put', '/api/v1/inventory/stock/{productId}/{locationId}', { path: { productId, locationId }, body }),
      refresh: tradeKeys,
    },
    handlers,
  );
}

interface Thresholds {
  warningThreshold: number;
  criticalThreshold: number;
}

/** Sets the levels at which an item is reported. */
export function useSetThresholds(path: ItemPath, handlers?: WriteHandlers<StockItem, Thresholds>) {
  return useWrite(
    {
      send: (body: Thresholds) => call('patch', '/api/v1/inventory/stock/{productId}/{locationId}', { path, body }),
      refresh: tradeKeys,
    },
    handlers,
  );
}

/** Sets when an ordered item is expected, or takes that back (null). Its alerts are silent until then. */
export function useSetExpected(path: ItemPath, handlers?: WriteHandlers<StockItem, string | null>) {
  return useWrite(
    {
      send: (expectedAt: string | null) =>
        call('patch', '/api/v1/inventory/stock/{productId}/{locationId}', { path, body: { expectedAt } }),
      refresh: [keys.alerts, keys.stock],
    },
    handlers,
  );
}
