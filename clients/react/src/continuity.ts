import { parsePosition, sameFeed, type Position } from './position.js';
import type { Gap } from './wire.js';

/**
 * The number check. The server promises numbers without holes; whoever finds
 * one all the same must say so and reload, not believe the promise.
 */
export interface Continuity {
  /** begin takes the position that `session` names: the place before what follows. */
  begin(position: unknown): void;
  /** check takes the position of a feed event and returns what is missing before it. */
  check(position: unknown): Gap | null;
}

export function createContinuity(): Continuity {
  let last: Position | null = null;
  return {
    begin(position) {
      last = parsePosition(position);
    },
    check(position) {
      const here = parsePosition(position);
      if (!here) return { reason: 'hole', missed: null };
      const before = last;
      if (before && sameFeed(before, here)) {
        if (here.number <= before.number) return null; // a repeat; the dedupe drops it
        last = here;
        const missed = here.number - before.number - 1;
        return missed > 0 ? { reason: 'hole', missed } : null;
      }
      last = here;
      return before ? { reason: 'epoch', missed: null } : null;
    },
  };
}
