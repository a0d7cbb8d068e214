import type { ConnectionSnapshot } from '@harang/react';
import { createContext, useContext } from 'react';
import type { Controller } from './controller';

export interface Live {
  readonly connection: ConnectionSnapshot;
  readonly retryNow: () => void;
  /** Tells the server that a person could see these events. */
  readonly markSeen: (eventIds: readonly string[]) => void;
  readonly controller: Controller;
}

export const LiveContext = createContext<Live | null>(null);

/** The live connection and what came over it. Only for components below LiveProvider. */
export function useLive(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error('useLive() outside LiveProvider');
  return live;
}
