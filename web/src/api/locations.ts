import { queryOptions } from '@tanstack/react-query';
import { call } from './call';
import { keys } from './keys';

/** Where the shop keeps its machines. */
export const locationsQueryOptions = () =>
  queryOptions({
    queryKey: keys.locations,
    queryFn: ({ signal }) => call('get', '/api/v1/locations', { query: { limit: 200 }, signal }),
    staleTime: 60_000,
  });
