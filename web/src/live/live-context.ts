import type { ConnectionSnapshot } from '@harang/react';
import { createContext, useContext } from 'react';
import type { Controller } from './controller';

/** What stays the same while a user is signed in. */
export interface LiveTools {
  /** Tells the server that a person could see these events. */
  readonly markSeen: (eventIds: readonly string[]) => void;
  readonly controller: Controller;
}

/** What changes, with every delivery at least. */
export interface Live {
  readonly connection: ConnectionSnapshot;
  readonly retryNow: () => void;
}

export const LiveToolsContext = createContext<LiveTools | null>(null);

export const LiveContext = createContext<Live | null>(null);

/** The state of the live connection. Only for components below LiveProvider. */
export function useLive(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error('useLive() outside LiveProvider');
  return live;
}

/** The parts of the live connection that no delivery changes: who uses only these is not drawn again by one. */
export function useLiveTools(): LiveTools {
  const tools = useContext(LiveToolsContext);
  if (!tools) throw new Error('useLiveTools() outside LiveProvider');
  return tools;
}
