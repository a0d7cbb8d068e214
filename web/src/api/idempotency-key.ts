import { useCallback, useRef } from 'react';
import { ApiError } from '../shared/http';

/**
 * Idempotency keys for one form. The same content keeps its key until a
 * conclusive answer, so that pressing the button again after a lost answer
 * repeats the same request. Other content, and a request after a conclusive
 * answer, get a new key.
 */
export function useIdempotencyKey(): { keyFor: (content: unknown) => string; conclude: (error?: unknown) => void } {
  const current = useRef<{ content: string; key: string } | null>(null);
  const keyFor = useCallback((content: unknown) => {
    const text = JSON.stringify([content]);
    if (current.current?.content !== text) current.current = { content: text, key: crypto.randomUUID() };
    return current.current.key;
  }, []);
  const conclude = useCallback((error?: unknown) => {
    if (error === undefined || isConclusive(error)) current.current = null;
  }, []);
  return { keyFor, conclude };
}

/**
 * Whether the error says what became of the request. A lost answer, a server
 * restart and a request that is still in progress do not.
 */
export function isConclusive(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  if (error.code === 'PAYMENT_TIMEOUT') return true;
  return error.status >= 400 && error.status < 500 && error.status !== 429 && error.code !== 'IDEMPOTENCY_IN_PROGRESS';
}
