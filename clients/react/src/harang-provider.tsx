'use client';

import type { Connection, ConnectionEvents, ConnectionOptions } from '@harang/client';
import { createContext, useContext, useMemo, type ReactNode } from 'react';
import { createNotificationStore, type NotificationStore } from './notification-store.js';
import { useMadeFor } from './use-made-for.js';
import { useNewest } from './use-newest.js';
import { useOwnedConnection } from './use-owned-connection.js';

/** What the hooks below a provider use. */
interface Harang {
  readonly connection: Connection;
  readonly notifications: NotificationStore;
}

const HarangContext = createContext<Harang | null>(null);

export interface HarangProviderProps extends Omit<ConnectionOptions, 'share'> {
  /** Who is signed in. Another user gets a new connection; the tabs of the same user share one. */
  readonly user: { readonly id: string; readonly tenantId: string; readonly role: string };
  /** The session is over: show the sign-in form. */
  readonly onSignedOut?: ((ended: ConnectionEvents['signedOut']) => void) | undefined;
  readonly children?: ReactNode;
}

/** HarangProvider keeps the connection and the notifications of the signed-in user for everything below it. */
export function HarangProvider({ user, onSignedOut, children, ...options }: HarangProviderProps) {
  const shareAs = `${user.tenantId}/${user.id}/${user.role}`;
  const { url = '' } = options;
  const newest = useNewest({ onSignedOut, options });
  const notifications = useMadeFor(`${url} ${shareAs}`, () =>
    createNotificationStore({
      url: url.replace(/\/$/, ''),
      token: () => newest.get().options.token(),
      refresh: async () => (await newest.get().options.refresh?.()) ?? 'refused',
    }),
  );
  const connection = useOwnedConnection({ ...options, identity: shareAs, shareAs }, (made) => [
    ...notifications.listen(made),
    made.on('signedOut', (ended) => newest.get().onSignedOut?.(ended)),
  ]);
  const value = useMemo(() => ({ connection, notifications }), [connection, notifications]);
  // React 18 knows no context without .Provider.
  return <HarangContext.Provider value={value}>{children}</HarangContext.Provider>;
}

export function useHarang(): Harang {
  const harang = useContext(HarangContext);
  if (!harang) throw new Error('Harang hooks need a <HarangProvider> above them');
  return harang;
}
