import { queryOptions } from '@tanstack/react-query';
import type { components } from '../../api/schema';
import { call } from '../../shared/call';
import { listQueryOptions } from '../../shared/queries';

type Schemas = components['schemas'];

export type Account = Schemas['AccountBody'];
export type ApiKey = Schemas['KeyBody'];
export type Connection = Schemas['ConnectionBody'];

export const usersQueryOptions = () => listQueryOptions(['admin', 'users'], '/api/v1/admin/users', {});
export const keysQueryOptions = () => listQueryOptions(['admin', 'api-keys'], '/api/v1/admin/api-keys', {});

export const connectionsQueryOptions = () =>
  queryOptions({
    queryKey: ['admin', 'connections'],
    queryFn: ({ signal }) => call('get', '/api/v1/admin/connections', { query: { limit: 200 }, signal }),
    // Nobody tells who comes and goes.
    refetchInterval: 10_000,
  });
