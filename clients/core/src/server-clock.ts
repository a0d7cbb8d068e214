import type { Environment } from './environment.js';
import type { ClockComparison } from './snapshot.js';

/** The server's clock as far as this device can tell. Times are Unix milliseconds. */
export interface ServerClock {
  /** greet takes a time that just arrived: good to within one journey. */
  greet(serverTime: number): void;
  /** sample takes an answer to a question asked at `askedAt`: good to within half a round trip. */
  sample(serverTime: number, askedAt: number): ClockComparison;
  /** measured tells whether a sample was taken. */
  readonly measured: boolean;
  now(): number;
  /** age is how long ago the server wrote `timestamp`, not below 0; null before the first sample. */
  age(timestamp: string): number | null;
}

export function createServerClock(environment: Pick<Environment, 'now'>): ServerClock {
  let offset = 0;
  let measured = false;
  const now = (): number => environment.now() + offset;
  return {
    greet(serverTime) {
      const guess = serverTime - environment.now();
      // A measured offset is better than a greeting, unless this device's clock was set meanwhile.
      if (!measured || Math.abs(guess - offset) > 5000) offset = guess;
    },
    sample(serverTime, askedAt) {
      const at = environment.now();
      offset = serverTime - (askedAt + at) / 2;
      measured = true;
      return { offsetMs: Math.round(offset), roundTripMs: at - askedAt, at };
    },
    get measured() {
      return measured;
    },
    now,
    age(timestamp) {
      const written = Date.parse(timestamp);
      if (!measured || Number.isNaN(written)) return null;
      return Math.max(0, Math.round(now() - written));
    },
  };
}
