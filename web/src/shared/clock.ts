import { useSyncExternalStore } from 'react';

const period = 20_000;
const listeners = new Set<() => void>();
let now = new Date();
let timer: ReturnType<typeof setInterval> | null = null;

function tick(): void {
  now = new Date();
  for (const listener of listeners) listener();
}

/** In a hidden tab browsers slow timers down, or stop them: who looks again sees the time at once. */
function tickInSight(): void {
  if (document.visibilityState === 'visible') tick();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === null) {
    now = new Date();
    timer = setInterval(tick, period);
    document.addEventListener('visibilitychange', tickInSight);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer !== null) {
      clearInterval(timer);
      timer = null;
      document.removeEventListener('visibilitychange', tickInSight);
    }
  };
}

function read(): Date {
  // Without listeners the clock stands still, and a first reader would see an old time.
  if (timer === null && Date.now() - now.getTime() > period) now = new Date();
  return now;
}

/** What is read off the clock, looked at every 20 s. Draws again only when it is another one, so that a long list can have it in every row. */
export function useClock<T extends string | number | boolean | null>(look: (now: Date) => T): T {
  return useSyncExternalStore(subscribe, () => look(read()));
}

/** The time, moving on every 20 s. One timer for the whole page, none when nobody looks. */
export function useNow(): Date {
  return useSyncExternalStore(subscribe, read);
}
