import type { components } from './schema';
import { type Answer, call } from './call';
import { keys } from './keys';
import { listQueryOptions } from './list';
import { useWrite, type WriteHandlers } from './write';

// The screens on the walls, for administrators.

export type Display = components['schemas']['DisplayBody'];

export const displaysQueryOptions = () => ({
  ...listQueryOptions(keys.displays, '/api/v1/admin/displays', {}),
  // Whether one is connected changes without a word.
  refetchInterval: 10_000,
});

/** Adds a display, at one location or at all (''). Its link is in this answer and in no other. */
export function useCreateDisplay(
  handlers?: WriteHandlers<Answer<'/api/v1/admin/displays', 'post'>, { name: string; locationId: string }>,
) {
  return useWrite(
    {
      send: ({ name, locationId }: { name: string; locationId: string }) =>
        call('post', '/api/v1/admin/displays', { body: { name, ...(locationId && { locationId }) } }),
      refresh: [keys.displays],
      // A display whose answer was lost is in the list, and can be revoked.
      refreshOnError: [keys.displays],
    },
    handlers,
  );
}

export function useRevokeDisplay(id: string) {
  return useWrite({
    send: () => call('delete', '/api/v1/admin/displays/{id}', { path: { id } }),
    refresh: [keys.displays],
    refreshOnError: [keys.displays],
  });
}
