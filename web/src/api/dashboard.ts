import { queryOptions } from '@tanstack/react-query';
import { call } from './call';
import { keys } from './keys';

/** The figures of the day, of one location or of all. */
export const summaryQueryOptions = (locationId: string | null) =>
  queryOptions({
    queryKey: [...keys.summary, { locationId }],
    queryFn: ({ signal }) => call('get', '/api/v1/dashboard/summary', { query: { locationId }, signal }),
  });
