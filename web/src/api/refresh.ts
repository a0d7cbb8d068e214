import type { QueryClient } from '@tanstack/react-query';
import { type Key, tradeKeys } from './keys';

/** Marks everything below the keys as old and reads again what is on screen. Resolves when that is read. */
export function refresh(client: QueryClient, keys: readonly Key[]): Promise<unknown> {
  return Promise.all(keys.map((queryKey) => client.invalidateQueries({ queryKey })));
}

/** Reads again what a change of stock, a rental, a payment or a new day shows in. */
export function refreshAfterTrade(client: QueryClient): Promise<unknown> {
  return refresh(client, tradeKeys);
}

/** Reads everything again. */
export function refreshAll(client: QueryClient): Promise<unknown> {
  return client.invalidateQueries();
}

/** Forgets what is not on screen. */
export function forgetUnused(client: QueryClient): void {
  client.removeQueries({ type: 'inactive' });
}

/** Whether an answer below the key is on its way. */
export function isReading(client: QueryClient, key: Key): boolean {
  return client.isFetching({ queryKey: key }) > 0;
}

/** Reads again what could not be read, once the server is back. */
export function retryFailed(client: QueryClient): Promise<unknown> {
  return client.refetchQueries({ type: 'active', predicate: ({ state }) => state.status === 'error' });
}
