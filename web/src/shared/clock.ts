import { useSyncExternalStore } from 'react';

const period = 20_000;
const listeners = new Set<() => void>();
/** How far the server's clock is ahead of this device's, milliseconds; 0 until they were compared. */
let ahead = 0;
let now = new Date();
let timer: ReturnType<typeof setInterval> | null = null;

/** A difference below this is not worth a correction, milliseconds. */
const close = 2000;

/** serverTime is what the server's clock shows, now or when this device's showed `deviceTime` (Unix milliseconds). */
export function serverTime(deviceTime = Date.now()): Date {
  return new Date(deviceTime + ahead);
}

/** adjustClock takes how far the server's clock is ahead: ages and days are told by it, also on a device whose own is wrong. */
export function adjustClock(offsetMs: number): void {
  ahead = Math.abs(offsetMs) < close ? 0 : offsetMs;
  tick();
}

function tick(): void {
  now = serverTime();
  for (const listener of listeners) listener();
}

/** In a hidden tab browsers slow timers down, or stop them: who looks again sees the time at once. */
function tickInSight(): void {
  if (document.visibilityState === 'visible') tick();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === null) {
    now = serverTime();
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
  const current = serverTime();
  if (timer === null && Math.abs(current.getTime() - now.getTime()) > period) now = current;
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
