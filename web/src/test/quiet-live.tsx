import { createStore } from '@harang/react';
import type { ReactNode } from 'react';
import { LiveToolsContext } from '../live/live-context';
import type { Controller } from '../live/controller';
import { OfflineContext } from '../shared/connection';

// Stands in for the live connection in the tests of pages, which have it tested elsewhere.

let offlineSince: number | null = null;

export function setOffline(value: boolean): void {
  offlineSince = value ? Date.now() : null;
}

// No page does more with the controller than read the test alerts.
const controller = { testAlerts: createStore([]) } as unknown as Controller;
const tools = { controller, markSeen: () => undefined };

export function LiveProvider({ children }: { children: ReactNode }) {
  return (
    <LiveToolsContext value={tools}>
      <OfflineContext value={offlineSince}>{children}</OfflineContext>
    </LiveToolsContext>
  );
}

export function ConnectionChip() {
  return <span data-testid="connection-status" />;
}

export function NotificationBell() {
  return <button type="button" aria-label="bell" />;
}

export function Toasts() {
  return null;
}

export function NotificationList() {
  return <p>notification list</p>;
}
