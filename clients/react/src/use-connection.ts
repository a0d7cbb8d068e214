'use client';

import type { ConnectionSnapshot } from '@harang/client';
import { useSyncExternalStore } from 'react';
import { useHarang } from './harang-provider.js';

const whole = (snapshot: ConnectionSnapshot): ConnectionSnapshot => snapshot;

/**
 * useConnection returns the state of the connection, or the part of it that `selector` picks: the component renders
 * when that part changes. The part must be a member, or made of primitives: a new object each time renders for ever.
 */
export function useConnection(): ConnectionSnapshot;
export function useConnection<Part>(selector: (snapshot: ConnectionSnapshot) => Part): Part;
export function useConnection(selector: (snapshot: ConnectionSnapshot) => unknown = whole): unknown {
  const { connection } = useHarang();
  const select = (): unknown => selector(connection.getSnapshot());
  return useSyncExternalStore(connection.subscribe, select, select);
}

/** useConnectionActions returns functions that stay the same. */
export function useConnectionActions(): {
  /** retryNow reconnects at once, or probes a connection that looks open. */
  readonly retryNow: () => void;
  /** markSeen tells the server which events a person could see. */
  readonly markSeen: (eventIds: readonly string[]) => void;
} {
  return useHarang().connection;
}
