import type { components } from './schema';
import { type Answer, call, type CallOptions } from './call';
import { keys } from './keys';
import { listQueryOptions } from './list';
import { useWrite, type WriteHandlers } from './write';

// The keys with which other programs call, for administrators.

export type ApiKey = components['schemas']['KeyBody'];
export type Scope = ApiKey['scopes'][number];
export type NewApiKey = CallOptions<'/api/v1/admin/api-keys', 'post'>['body'];
export type ApiKeyChange = CallOptions<'/api/v1/admin/api-keys/{id}', 'patch'>['body'];

export const apiKeysQueryOptions = () => listQueryOptions(keys.apiKeys, '/api/v1/admin/api-keys', {});

/** Makes a key. Its secret is in this answer and in no other. */
export function useCreateApiKey(handlers?: WriteHandlers<Answer<'/api/v1/admin/api-keys', 'post'>, NewApiKey>) {
  return useWrite(
    {
      send: (body: NewApiKey) => call('post', '/api/v1/admin/api-keys', { body }),
      refresh: [keys.apiKeys],
      // A key whose answer was lost is in the list, and can be revoked.
      refreshOnError: [keys.apiKeys],
    },
    handlers,
  );
}

/** Changes what a key may do, when it ends or how often it may call. */
export function useChangeApiKey(id: string, handlers?: WriteHandlers<unknown, ApiKeyChange>) {
  return useWrite(
    {
      send: (body: ApiKeyChange) => call('patch', '/api/v1/admin/api-keys/{id}', { path: { id }, body }),
      refresh: [keys.apiKeys],
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
