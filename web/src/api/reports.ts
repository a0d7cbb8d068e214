import { queryOptions } from '@tanstack/react-query';
import { type Answer, call } from './call';
import { keys } from './keys';

/** The money of some days, by location and method. */
export type Revenue = Answer<'/api/v1/reports/revenue', 'get'>;
export type RevenueSums = Revenue['total'];

export interface RevenueFilter {
  /** The first and the last day (2026-03-02), both included. */
  from: string;
  to: string;
  locationId: string | null;
}

export const revenueQueryOptions = (filter: RevenueFilter) =>
  queryOptions({
    queryKey: [...keys.revenue, filter],
    queryFn: ({ signal }) => call('get', '/api/v1/reports/revenue', { query: { ...filter }, signal }),
  });
