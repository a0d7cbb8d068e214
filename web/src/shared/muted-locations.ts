import { useSyncExternalStore } from 'react';
import { session } from './session';

// Whose events of which locations do not pop up on this device. They still are
// in the lists and counted by the bell. Kept for each user in this browser.

const listeners = new Set<() => void>();
let shown: { key: string; text: string; locations: readonly string[] } = { key: '', text: '[]', locations: [] };
/** What was chosen while storage is switched off; it lasts until the reload. */
const unsaved = new Map<string, string>();

function keyOfUser(): string {
  const { user } = session.state();
  return user === null ? '' : `harang-muted/${user.tenantId}/${user.id}`;
}

function stored(key: string): string {
  try {
    return unsaved.get(key) ?? localStorage.getItem(key) ?? '[]';
  } catch {
    return '[]';
  }
}

function parse(text: string): string[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
  } catch {
    return [];
  }
}

/** The ids of the locations that the signed-in user has muted here. */
export function mutedLocations(): readonly string[] {
  const key = keyOfUser();
  const text = stored(key);
  // The same list stays the same object, as React wants it of a snapshot.
  if (key !== shown.key || text !== shown.text) shown = { key, text, locations: parse(text) };
  return shown.locations;
}

export function setMutedLocations(locations: readonly string[]): void {
  const key = keyOfUser();
  const text = JSON.stringify(locations);
  try {
    if (locations.length === 0) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
    unsaved.delete(key);
  } catch {
    unsaved.set(key, text);
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  // Another tab of this browser has changed it.
  window.addEventListener('storage', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', listener);
  };
}

export function useMutedLocations(): readonly string[] {
  return useSyncExternalStore(subscribe, mutedLocations);
}
