import { createContinuity } from './continuity.js';
import { createDedupe } from './dedupe.js';
import { parseFeedEvent } from './events.js';
import type { Listeners } from './listeners.js';
import type { ConnectionEvents } from './options.js';
import { parsePosition, sameFeed } from './position.js';
import { createReplayCollector, type Delivery, type ReplayBatch } from './replay.js';
import type { Claim, Gap, NotificationCount, SessionInfo, TestAlert } from './server-messages.js';

/** One feed event as it came. */
export interface FeedMessage {
  readonly kind: 'feed';
  readonly payload: unknown;
  readonly position: string;
}

/** What the server tells the people behind a connection. */
export type Message =
  | { readonly kind: 'session'; readonly session: SessionInfo; readonly position: string }
  | FeedMessage
  | { readonly kind: 'notifications'; readonly count: NotificationCount }
  | { readonly kind: 'claim'; readonly claim: Claim }
  | { readonly kind: 'testAlert'; readonly alert: TestAlert };

/** note is told of a new event before any listener is. */
export type Note = (delivery: Delivery, live: boolean) => void;

/**
 * Turns messages into what listeners hear: numbers checked, repeats dropped,
 * replays gathered. One for each start of a connection; it does not care over
 * which line, its own or another tab's, a message came. `isForegroundTab` is handed
 * on: whether this is the one tab that should show a toast for it.
 */
export interface EventPipeline {
  /** The newest place in the feed; null before the first session. */
  readonly position: string | null;
  /** How many events of a replay are still to come. */
  readonly pendingReplay: number;
  take(message: Message, isForegroundTab: boolean, note?: Note): void;
  /** catchUp takes what another tab had up to `position`, of whose replay `pendingReplay` are still to come. */
  catchUp(recent: readonly FeedMessage[], position: string, pendingReplay: number, isForegroundTab: boolean): void;
  /** flush hands on an unfinished replay. */
  flush(isForegroundTab: boolean): void;
}

export function createEventPipeline(listeners: Pick<Listeners<ConnectionEvents>, 'emit'>): EventPipeline {
  const continuity = createContinuity();
  const dedupe = createDedupe();
  const replay = createReplayCollector();

  const tellReplay = (digest: ReplayBatch | null, isForegroundTab: boolean): void => {
    if (digest) listeners.emit('replay', { ...digest, isForegroundTab });
  };
  const tellGap = (gap: Gap, isForegroundTab: boolean): void => {
    listeners.emit('gap', { ...gap, isForegroundTab });
  };

  function begin(told: SessionInfo, position: string, isForegroundTab: boolean): void {
    // Over another tab's line this may be a later session; here nothing came before, and nothing is missing.
    const session = continuity.position === null ? { ...told, recovered: false, gap: null } : told;
    // A place ahead of ours, without a word of a gap, is one all the same.
    const between = continuity.begin(position);
    const gap = session.gap ?? between;
    const leftover = replay.begin(session.replayed, gap);
    listeners.emit('session', session);
    if (gap) tellGap(gap, isForegroundTab);
    if (gap || !session.recovered) listeners.emit('reload', { reason: gap?.reason ?? 'first' });
    tellReplay(leftover, isForegroundTab);
  }

  function feed({ payload, position }: FeedMessage, isForegroundTab: boolean, note?: Note): void {
    // First of all the memory: a listener that throws must not bring the event back.
    const gap = continuity.check(position);
    const event = parseFeedEvent(payload);
    const delivery = event !== null && !dedupe.isRepeat(event) ? { event, position } : null;
    const live = !replay.collecting;
    const digest = live ? null : replay.take(delivery);
    if (delivery) note?.(delivery, live);
    if (gap) {
      tellGap(gap, isForegroundTab);
      listeners.emit('reload', { reason: gap.reason });
    }
    if (live && delivery) listeners.emit('event', { ...delivery, isForegroundTab });
    tellReplay(digest, isForegroundTab);
  }

  return {
    get position() {
      return continuity.position;
    },
    get pendingReplay() {
      return replay.pendingReplay;
    },
    take(message, isForegroundTab, note) {
      if (message.kind === 'session') begin(message.session, message.position, isForegroundTab);
      else if (message.kind === 'feed') feed(message, isForegroundTab, note);
      else if (message.kind === 'notifications') listeners.emit('notifications', message.count);
      else if (message.kind === 'claim') listeners.emit('claim', message.claim);
      else listeners.emit('testAlert', { ...message.alert, isForegroundTab });
    },
    catchUp(recent, position, pendingReplay, isForegroundTab) {
      const here = parsePosition(continuity.position);
      const there = parsePosition(position);
      if (!here || !there || (sameFeed(here, there) && there.number <= here.number)) return;
      const missed = recent.filter((message) => {
        const place = parsePosition(message.position);
        return place !== null && sameFeed(place, here) && place.number > here.number;
      });
      const whole = sameFeed(here, there) && missed.length === there.number - here.number;
      const leftover = replay.begin((whole ? missed.length : 0) + pendingReplay, null);
      if (whole) for (const message of missed) feed(message, isForegroundTab);
      else {
        const gap = continuity.begin(position);
        if (gap) {
          tellGap(gap, isForegroundTab);
          listeners.emit('reload', { reason: gap.reason });
        }
        tellReplay(leftover, isForegroundTab);
      }
    },
    flush(isForegroundTab) {
      tellReplay(replay.flush(), isForegroundTab);
    },
  };
}
