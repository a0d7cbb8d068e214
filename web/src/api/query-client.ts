import { QueryClient } from '@tanstack/react-query';
import { ApiError } from '../shared/http';

/** Five minutes: the safety net under the live events. */
export const pollInterval = 5 * 60_000;

/** A client for one signed-in user; what one user has read is never shown to the next. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        refetchInterval: pollInterval,
        // An error with a retry is more honest than a wait for the browser's idea of being online.
        networkMode: 'always',
        retry: (count, error) => count < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 500),
        retryDelay: (count) => Math.min(1000 * 2 ** count, 5000),
      },
      mutations: { networkMode: 'always' },
    },
  });
}
