import type { FeedEvent } from './events.js';
import type { Gap } from './wire.js';

/** A feed event with the position it came at. */
export interface Delivery {
  readonly event: FeedEvent;
  readonly position: string;
}

/** What came while the client was away, as one thing, oldest first. */
export interface Digest {
  readonly deliveries: readonly Delivery[];
  /** Commit times of the oldest and the newest, as the server wrote them. */
  readonly from: string;
  readonly to: string;
  /** What the replay could not bring. */
  readonly gap: Gap | null;
}

/**
 * Collects the replay that `session` announces. A replay cut short is kept and
 * joined to the one of the next session, so that people see one digest.
 */
export interface ReplayCollector {
  /** begin announces the next `expected` deliveries; the digest is returned when none is due. */
  begin(expected: number, gap: Gap | null): Digest | null;
  /** How many deliveries are still announced. */
  readonly due: number;
  /** collecting tells whether the next feed event still belongs to the replay. */
  readonly collecting: boolean;
  /** take counts one delivery down (null: a repeat) and returns the digest after the last. */
  take(delivery: Delivery | null): Digest | null;
  /** flush returns what was collected so far. */
  flush(): Digest | null;
}

export function createReplayCollector(): ReplayCollector {
  let due = 0;
  let kept: Delivery[] = [];
  let missing: Gap | null = null;

  const flush = (): Digest | null => {
    const deliveries = kept;
    const gap = missing;
    due = 0;
    kept = [];
    missing = null;
    const oldest = deliveries[0];
    const newest = deliveries[deliveries.length - 1];
    if (!oldest || !newest) return null;
    return { deliveries, from: oldest.event.timestamp, to: newest.event.timestamp, gap };
  };

  return {
    begin(expected, gap) {
      due = expected;
      missing = gap ?? missing;
      return due === 0 ? flush() : null;
    },
    get due() {
      return Math.max(due, 0);
    },
    get collecting() {
      return due > 0;
    },
    take(delivery) {
      if (delivery) kept.push(delivery);
      due -= 1;
      return due <= 0 ? flush() : null;
    },
    flush,
  };
}
