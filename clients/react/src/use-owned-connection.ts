'use client';

import { useEffect } from 'react';
import { createConnection, type Connection, type ConnectionOptions } from '@harang/client';
import { shareTabs } from '@harang/client/tabs';
import { useMadeFor } from './use-made-for.js';
import { useNewest } from './use-newest.js';

/** What a component that owns a connection is given. */
export interface OwnedConnectionOptions extends Omit<ConnectionOptions, 'share'> {
  /** false keeps the connection closed. */
  readonly enabled?: boolean | undefined;
  /** Whose connection this is, a user id say: another value makes a new one. */
  readonly identity?: string | undefined;
  /** Tabs of this browser that name the same share one connection: tenant, user and role, say. Without it, one each. */
  readonly shareAs?: string | undefined;
}

/**
 * useOwnedConnection makes a connection that lives as long as the component, one only under StrictMode too. `token` and
 * `refresh` may change on every render; the other options count when the connection is made. `listen` subscribes
 * before the connection starts.
 */
export function useOwnedConnection(
  options: OwnedConnectionOptions,
  listen?: (connection: Connection) => readonly (() => void)[],
): Connection {
  const newest = useNewest({ options, listen });
  const { enabled = true, identity, url, path, namespace, shareAs } = options;
  const key = JSON.stringify([identity, url, path, namespace, shareAs]);
  const connection = useMadeFor(key, () =>
    createConnection({
      ...options,
      share: shareAs === undefined ? undefined : shareTabs(shareAs),
      token: () => newest.get().options.token(),
      refresh: options.refresh && (async () => (await newest.get().options.refresh?.()) ?? 'refused'),
    }),
  );

  useEffect(() => {
    if (!enabled) return undefined;
    const unsubscribe = newest.get().listen?.(connection) ?? [];
    let mounted = true;
    // StrictMode mounts, unmounts and mounts again in one task: only the last may dial.
    queueMicrotask(() => {
      if (mounted) connection.start();
    });
    return () => {
      mounted = false;
      connection.stop();
      for (const undo of unsubscribe) undo();
    };
  }, [connection, enabled, newest]);

  return connection;
}
