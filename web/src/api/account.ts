import { queryOptions } from '@tanstack/react-query';
import type { User } from '../shared/model';
import { session } from '../shared/session';
import { call, type CallOptions } from './call';
import { keys } from './keys';
import type { components } from './schema';
import { useWrite, type WriteHandlers } from './write';

// The signed-in user's own account.

/** What a user changes of the own account; what is absent stays. */
export type OwnChange = CallOptions<'/api/v1/me', 'patch'>['body'];
export type PasswordChange = CallOptions<'/api/v1/me/password', 'post'>['body'];
/** Where the user is signed in. */
export type OwnSession = components['schemas']['SessionBody'];

/** Changes the own name or language. */
export function useChangeOwnAccount(handlers?: WriteHandlers<User, OwnChange>) {
  return useWrite<User, OwnChange>(
    {
      send: async (body) => {
        const user = (await call('patch', '/api/v1/me', { body })) as User;
        session.update(user);
        return user;
      },
      refresh: [keys.users],
    },
    handlers,
  );
}

/** Changes the own password. Afterwards the session may do again what it could not with a password of somebody else. */
export function useChangePassword(handlers?: WriteHandlers<unknown, PasswordChange>) {
  return useWrite<unknown, PasswordChange>(
    {
      send: async (body) => {
        await call('post', '/api/v1/me/password', { body });
        await session.passwordChanged();
      },
      refresh: [keys.ownSessions],
    },
    handlers,
  );
}

export const ownSessionsQueryOptions = () =>
  queryOptions({
    queryKey: keys.ownSessions,
    queryFn: ({ signal }) => call('get', '/api/v1/me/sessions', { signal }),
  });

/** Signs the user out on one device. */
export function useEndSession(id: string) {
  return useWrite({
    send: () => call('delete', '/api/v1/me/sessions/{id}', { path: { id } }),
    refresh: [keys.ownSessions],
    refreshOnError: [keys.ownSessions],
  });
}

/** Signs the user out everywhere but here. */
export function useEndOtherSessions() {
  return useWrite({
    send: () => call('delete', '/api/v1/me/sessions', {}),
    refresh: [keys.ownSessions],
    refreshOnError: [keys.ownSessions],
  });
}

/** Proves the password again, for what the server wants it for. */
export function useReauthenticate(handlers?: WriteHandlers<unknown, string>) {
  return useWrite<unknown, string>(
    { send: (password) => call('post', '/api/v1/auth/reauthenticate', { body: { password } }) },
    handlers,
  );
}
