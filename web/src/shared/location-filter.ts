import { useSyncExternalStore } from 'react';

const storageKey = 'harang-place';
const listeners = new Set<() => void>();
let current: string | null = read();

function read(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}

/** The location that the header's filter shows, or null for all of them. Remembered in this browser. */
export function locationFilter(): string | null {
  return current;
}

export function setLocationFilter(locationId: string | null): void {
  current = locationId;
  try {
    if (locationId === null) localStorage.removeItem(storageKey);
    else localStorage.setItem(storageKey, locationId);
  } catch {
    // Storage may be switched off; the choice then lasts until the reload.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

export function useLocationFilter(): string | null {
  return useSyncExternalStore(subscribe, locationFilter);
}
