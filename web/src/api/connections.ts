import { queryOptions } from '@tanstack/react-query';
import { call } from './call';
import type { components } from './schema';
import { keys } from './keys';

export type Connection = components['schemas']['ConnectionBody'];

/** Who is connected to this node now, for administrators. */
export const connectionsQueryOptions = () =>
  queryOptions({
    queryKey: keys.connections,
    queryFn: ({ signal }) => call('get', '/api/v1/admin/connections', { query: { limit: 200 }, signal }),
    // No event says who connects and disconnects.
    refetchInterval: 10_000,
  });
