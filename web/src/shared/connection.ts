import { createContext, useContext } from 'react';

/**
 * Since when live events are known not to arrive (epoch milliseconds of this device), so that what is shown may be
 * old; null while they do.
 */
export const OfflineContext = createContext<number | null>(null);

export function useOfflineSince(): number | null {
  return useContext(OfflineContext);
}

export function useOffline(): boolean {
  return useOfflineSince() !== null;
}

/**
 * Since when data may be old that was read at `readAt`: until the connection was lost every change reached it. Null
 * while it is kept up to date, or when it was not read yet (0).
 */
export function useStaleSince(readAt: number): number | null {
  const since = useOfflineSince();
  return since === null || readAt === 0 ? null : Math.max(since, readAt);
}
