import { createContext, useContext } from 'react';

/** Whether live events are known not to arrive, so that what is shown may be old. */
export const OfflineContext = createContext(false);

export function useOffline(): boolean {
  return useContext(OfflineContext);
}
