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
export function place(): string | null {
  return current;
}

export function choosePlace(locationId: string | null): void {
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

export function usePlace(): string | null {
  return useSyncExternalStore(subscribe, place);
}
