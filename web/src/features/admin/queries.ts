import { queryOptions } from '@tanstack/react-query';
import { api } from '../../shared/api';
import type { Named, Page, Role } from '../../shared/model';
import { listQueryOptions } from '../../shared/queries';

export interface Account {
  id: string;
  email: string;
  name: string;
  role: Role;
  disabled: boolean;
  createdAt: string;
}

export interface ApiKey extends Named {
  createdAt: string;
  /** null while the key is good. */
  revokedAt: string | null;
}

export interface Connection {
  id: string;
  user: Named;
  role: Role;
  transport: 'websocket' | 'polling';
  /** The address it comes from. */
  remote: string;
  connectedAt: string;
}

export const usersQueryOptions = () => listQueryOptions<Account>(['admin', 'users'], '/admin/users');
export const keysQueryOptions = () => listQueryOptions<ApiKey>(['admin', 'api-keys'], '/admin/api-keys');

export const connectionsQueryOptions = () =>
  queryOptions({
    queryKey: ['admin', 'connections'],
    queryFn: ({ signal }) => api<Page<Connection>>('/admin/connections?limit=200', { signal }),
    // Nobody tells who comes and goes.
    refetchInterval: 10_000,
  });
