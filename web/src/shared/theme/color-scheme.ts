import { useSyncExternalStore } from 'react';

export type ColorScheme = 'light' | 'dark' | 'auto';

const storageKey = 'harang-color-scheme';
const listeners = new Set<() => void>();
let scheme: ColorScheme | undefined;

function stored(): ColorScheme {
  try {
    const value = localStorage.getItem(storageKey);
    return value === 'light' || value === 'dark' ? value : 'auto';
  } catch {
    return 'auto';
  }
}

function current(): ColorScheme {
  scheme ??= stored();
  return scheme;
}

const dark = () => matchMedia('(prefers-color-scheme: dark)');

function show(): void {
  const shown = current() === 'auto' ? (dark().matches ? 'dark' : 'light') : current();
  document.documentElement.setAttribute('data-color-scheme', shown);
}

/** Follows the system's colours as long as nothing else is chosen. The first paint's are set by color-scheme.js. */
export function watchSystemColors(): void {
  show();
  dark().addEventListener('change', show);
}

/** Shows the page in these colours and remembers them in this browser. */
export function setColorScheme(next: ColorScheme): void {
  scheme = next;
  try {
    if (next === 'auto') localStorage.removeItem(storageKey);
    else localStorage.setItem(storageKey, next);
  } catch {
    // Storage may be switched off; the choice then lasts until the reload.
  }
  show();
  for (const notify of listeners) notify();
}

/** The chosen colours; `auto` follows the system. */
export function useColorScheme(): ColorScheme {
  return useSyncExternalStore((notify) => {
    listeners.add(notify);
    return () => listeners.delete(notify);
  }, current);
}
