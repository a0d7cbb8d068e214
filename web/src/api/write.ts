import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Key } from './keys';
import { refresh } from './refresh';
import { useIdempotencyKey } from './idempotency-key';

/** One kind of write: how it is sent, and which queries are read again after it. */
export interface Write<Answer, Content> {
  /** `idempotencyKey` stays the same until the server has settled this content; a route that takes one gets it. */
  send: (content: Content, idempotencyKey: string) => Promise<Answer>;
  refresh?: readonly Key[];
  /** After a refusal or a lost answer, when the lists may be what is wrong. */
  refreshOnError?: readonly Key[] | ((error: Error) => readonly Key[]);
}

/** What the screen does with the outcome, before the lists are read again. */
export interface WriteHandlers<Answer, Content> {
  onSuccess?: (answer: Answer, content: Content) => void;
  onError?: (error: Error, content: Content) => void;
}

/** The mutation of a write. It is pending until the lists are read again. */
export function useWrite<Answer, Content = void>(
  { send, refresh: after = [], refreshOnError = [] }: Write<Answer, Content>,
  { onSuccess, onError }: WriteHandlers<Answer, Content> = {},
) {
  const client = useQueryClient();
  const { keyFor, conclude } = useIdempotencyKey();
  return useMutation({
    mutationFn: (content: Content) => send(content, keyFor(content)),
    onSuccess: async (answer, content) => {
      conclude();
      onSuccess?.(answer, content);
      await refresh(client, after);
    },
    onError: async (error, content) => {
      conclude(error);
      onError?.(error, content);
      await refresh(client, typeof refreshOnError === 'function' ? refreshOnError(error) : refreshOnError);
    },
  });
}

/** The header that makes a repeated write the same write. */
export function idempotencyHeader(key: string): { headers: Record<string, string> } {
  return { headers: { 'Idempotency-Key': key } };
}
