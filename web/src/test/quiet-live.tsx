import type { ReactNode } from 'react';
import { OfflineContext } from '../shared/connection';

// Stands in for the live connection in the tests of pages, which have it tested elsewhere.

let offline = false;

export function setOffline(value: boolean): void {
  offline = value;
}

export function LiveProvider({ children }: { children: ReactNode }) {
  return <OfflineContext value={offline}>{children}</OfflineContext>;
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
