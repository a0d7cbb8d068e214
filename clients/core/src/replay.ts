import type { FeedEvent } from './events.js';
import type { Gap } from './server-messages.js';

/** A feed event with the position it came at. */
export interface Delivery {
  readonly event: FeedEvent;
  readonly position: string;
}

/** The events of an absence, oldest first. */
export interface ReplayBatch {
  readonly deliveries: readonly Delivery[];
  /** Commit times of the oldest and the newest, as the server wrote them. */
  readonly from: string;
  readonly to: string;
  /** What the replay could not bring. */
  readonly gap: Gap | null;
}

/** Collects the replay that `session` announces. One that is cut short is joined to that of the next session. */
export interface ReplayCollector {
  /** begin announces the next `expected` deliveries; the batch is returned when none is expected. */
  begin(expected: number, gap: Gap | null): ReplayBatch | null;
  /** How many deliveries are still announced. */
  readonly pendingReplay: number;
  /** collecting tells whether the next feed event still belongs to the replay. */
  readonly collecting: boolean;
  /** take counts one delivery down (null: a repeat) and returns the batch after the last. */
  take(delivery: Delivery | null): ReplayBatch | null;
  /** flush returns what was collected so far. */
  flush(): ReplayBatch | null;
}

export function createReplayCollector(): ReplayCollector {
  let pendingReplay = 0;
  let kept: Delivery[] = [];
  let missing: Gap | null = null;

  const flush = (): ReplayBatch | null => {
    const deliveries = kept;
    const gap = missing;
    pendingReplay = 0;
    kept = [];
    missing = null;
    const oldest = deliveries[0];
    const newest = deliveries[deliveries.length - 1];
    if (!oldest || !newest) return null;
    return { deliveries, from: oldest.event.timestamp, to: newest.event.timestamp, gap };
  };

  return {
    begin(expected, gap) {
      pendingReplay = expected;
      missing = gap ?? missing;
      return pendingReplay === 0 ? flush() : null;
    },
    get pendingReplay() {
      return Math.max(pendingReplay, 0);
    },
    get collecting() {
      return pendingReplay > 0;
    },
    take(delivery) {
      if (delivery) kept.push(delivery);
      pendingReplay -= 1;
      return pendingReplay <= 0 ? flush() : null;
    },
    flush,
  };
}
