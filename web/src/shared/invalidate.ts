import type { QueryClient } from '@tanstack/react-query';

/** Everything that a change of stock, a rental, a payment or a new day shows in. */
export function refreshAfterTrade(client: QueryClient): Promise<unknown> {
  return Promise.all(
    [
      ['dashboard-inventory', 'alerts'],
      ['dashboard', 'summary'],
      ['inventory', 'stock'],
      ['rentals'],
      ['payments'],
    ].map((queryKey) => client.invalidateQueries({ queryKey })),
  );
}
