import { useCallback, useRef } from 'react';
import { ApiError } from './http';

/**
 * Idempotency keys for one form. The same content keeps its key until the
 * server has given an answer that settles it, so that pressing the button again
 * after a lost answer is the same attempt. After a settled answer, and for
 * other content, the next attempt is a new one.
 */
export function useAttemptKey(): { keyOf: (content: unknown) => string; settle: (error?: unknown) => void } {
  const attempt = useRef<{ content: string; key: string } | null>(null);
  const keyOf = useCallback((content: unknown) => {
    const text = JSON.stringify(content);
    if (attempt.current?.content !== text) attempt.current = { content: text, key: crypto.randomUUID() };
    return attempt.current.key;
  }, []);
  const settle = useCallback((error?: unknown) => {
    if (error === undefined || isSettled(error)) attempt.current = null;
  }, []);
  return { keyOf, settle };
}

/** Whether the answer says what became of the request. A lost answer, a restart or a parallel attempt does not. */
export function isSettled(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  if (error.code === 'PAYMENT_TIMEOUT') return true;
  return error.status >= 400 && error.status < 500 && error.status !== 429 && error.code !== 'IDEMPOTENCY_IN_PROGRESS';
}
