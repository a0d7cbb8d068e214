import type { components } from './schema';
import { type Answer, call, type CallOptions } from './call';
import { keys } from './keys';
import { listQueryOptions } from './list';
import { useWrite, type WriteHandlers } from './write';

// The accounts of the shop, for administrators.

export type Account = components['schemas']['AccountBody'];
export type NewAccount = CallOptions<'/api/v1/admin/users', 'post'>['body'];
export type AccountChange = CallOptions<'/api/v1/admin/users/{id}', 'patch'>['body'];

export const usersQueryOptions = () => listQueryOptions(keys.users, '/api/v1/admin/users', {});

/** Adds a user; the answer has the password when the server made it. */
export function useCreateUser(handlers?: WriteHandlers<Answer<'/api/v1/admin/users', 'post'>, NewAccount>) {
  return useWrite(
    {
      send: (body: NewAccount) => call('post', '/api/v1/admin/users', { body }),
      refresh: [keys.users],
      refreshOnError: [keys.users],
    },
    handlers,
  );
}

/** Changes the role or the password of a user, or whether the user may sign in. */
export function useChangeUser(id: string, handlers?: WriteHandlers<unknown, AccountChange>) {
  return useWrite(
    {
      send: (body: AccountChange) => call('patch', '/api/v1/admin/users/{id}', { path: { id }, body }),
      refresh: [keys.users],
      refreshOnError: [keys.users],
    },
    handlers,
  );
}

/** Erases a user's data for good. */
export function useEraseUser(id: string) {
  return useWrite({
    send: () => call('post', '/api/v1/admin/users/{id}/erase', { path: { id } }),
    refresh: [keys.users],
    refreshOnError: [keys.users],
  });
}
