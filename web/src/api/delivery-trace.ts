import { queryOptions } from '@tanstack/react-query';
import { type Answer, call } from './call';
import { keys } from './keys';

/** The hops of an event through one node; milliseconds since the commit, null for what has not come. */
export type DeliveryTrace = Answer<'/api/v1/admin/events/{id}/journey', 'get'>;

export const deliveryTraceQueryOptions = (eventId: string) =>
  queryOptions({
    queryKey: [...keys.deliveryTrace, eventId],
    queryFn: ({ signal }) => call('get', '/api/v1/admin/events/{id}/journey', { path: { id: eventId }, signal }),
    staleTime: 0,
    refetchInterval: 5000,
    retry: false,
  });
