import { createContinuity } from './continuity.js';
import { createDedupe } from './dedupe.js';
import { parseFeedEvent } from './events.js';
import { createReplayCollector, type Delivery, type Digest } from './replay.js';
import type { Gap, SessionInfo } from './wire.js';

/** What became of one feed event. */
export interface Taken {
  /** What the numbers say is missing before it. */
  readonly gap: Gap | null;
  /** The event, unless it is a repeat or unreadable. */
  readonly delivery: Delivery | null;
  /** Whether it is live, not part of a replay. */
  readonly live: boolean;
  /** The whole replay, when this was its last event. */
  readonly digest: Digest | null;
}

/** Puts the feed events of one start in order: numbers checked, repeats dropped, replays gathered. */
export interface Intake {
  /** begin takes a session and returns what an earlier, broken replay had left when no more follows. */
  begin(session: SessionInfo, position: string): Digest | null;
  take(payload: unknown, position: string): Taken;
  /** flush returns an unfinished replay. */
  flush(): Digest | null;
}

export function createIntake(): Intake {
  const continuity = createContinuity();
  const dedupe = createDedupe();
  const replay = createReplayCollector();
  return {
    begin(session, position) {
      continuity.begin(position);
      return replay.begin(session.replayed, session.gap);
    },
    take(payload, position) {
      const gap = continuity.check(position);
      const event = parseFeedEvent(payload);
      const delivery = event !== null && !dedupe.isRepeat(event) ? { event, position } : null;
      const live = !replay.collecting;
      return { gap, delivery, live, digest: live ? null : replay.take(delivery) };
    },
    flush: () => replay.flush(),
  };
}
