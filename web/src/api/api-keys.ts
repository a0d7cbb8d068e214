import type { components } from './schema';
import { type Answer, call } from './call';
import { keys } from './keys';
import { listQueryOptions } from './list';
import { useWrite, type WriteHandlers } from './write';

// The keys with which other programs call, for administrators.

export type ApiKey = components['schemas']['KeyBody'];

export const apiKeysQueryOptions = () => listQueryOptions(keys.apiKeys, '/api/v1/admin/api-keys', {});

/** Makes a key. Its secret is in this answer and in no other. */
export function useCreateApiKey(handlers?: WriteHandlers<Answer<'/api/v1/admin/api-keys', 'post'>, string>) {
  return useWrite(
    {
      send: (name: string) => call('post', '/api/v1/admin/api-keys', { body: { name } }),
      refresh: [keys.apiKeys],
      // A key whose answer was lost is in the list, and can be revoked.
      refreshOnError: [keys.apiKeys],
    },
    handlers,
  );
}

export function useRevokeApiKey(id: string) {
  return useWrite({
    send: () => call('delete', '/api/v1/admin/api-keys/{id}', { path: { id } }),
    refresh: [keys.apiKeys],
    refreshOnError: [keys.apiKeys],
  });
}
