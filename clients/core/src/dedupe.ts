import type { FeedEvent } from './events.js';

/**
 * A memory of the events that were already shown, by `eventId` and `timestamp`.
 * It forgets the oldest beyond `limit`; the default is many times what a replay
 * can bring (50), so nothing that can come again has been forgotten.
 */
export interface Dedupe {
  /** isRepeat remembers the event and tells whether it was known already. */
  isRepeat(event: Pick<FeedEvent, 'eventId' | 'timestamp'>): boolean;
}

export function createDedupe(limit = 1000): Dedupe {
  const known = new Set<string>();
  return {
    isRepeat({ eventId, timestamp }) {
      const key = `${eventId} ${timestamp}`;
      if (known.has(key)) return true;
      known.add(key);
      if (known.size > limit) {
        for (const oldest of known) {
          known.delete(oldest);
          break;
        }
      }
      return false;
    },
  };
}
