import { parsePosition, sameFeed, type Position } from './position.js';
import type { Gap } from './server-messages.js';

/** Checks that the numbers of a feed have no holes, as the server promises. */
export interface Continuity {
  /** The newest position, as the server wrote it; null before the first. */
  readonly position: string | null;
  /** begin takes the position of a `session` and returns what is missing between it and the one before. */
  begin(position: unknown): Gap | null;
  /** check takes the position of a feed event and returns what is missing before it. */
  check(position: unknown): Gap | null;
}

export function createContinuity(): Continuity {
  let last: Position | null = null;
  let text: string | null = null;
  const missingBetween = (before: Position | null, here: Position, step: number): Gap | null => {
    if (!before) return null;
    if (!sameFeed(before, here)) return { reason: 'epoch', missed: null };
    const missed = here.number - before.number - step;
    return missed > 0 ? { reason: 'hole', missed } : null;
  };
  return {
    get position() {
      return text;
    },
    begin(position) {
      const before = last;
      last = parsePosition(position);
      text = last && String(position);
      return last && missingBetween(before, last, 0);
    },
    check(position) {
      const here = parsePosition(position);
      if (!here) return { reason: 'hole', missed: null };
      const before = last;
      if (before && sameFeed(before, here) && here.number <= before.number) return null; // a repeat; the dedupe drops it
      last = here;
      text = String(position);
      return missingBetween(before, here, 1);
    },
  };
}
