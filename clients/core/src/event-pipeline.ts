import { createContinuity } from './continuity.js';
import { createDedupe } from './dedupe.js';
import { parseFeedEvent } from './events.js';
import type { Listeners } from './listeners.js';
import type { ConnectionEvents } from './options.js';
import { parsePosition, sameFeed } from './position.js';
import { createReplayCollector, type Delivery, type ReplayBatch } from './replay.js';
import type { Claim, Gap, NewLogin, NotificationCount, SessionInfo, TestAlert } from './server-messages.js';

/** One feed event as it came. */
export interface FeedMessage {
  readonly kind: 'feed';
  readonly payload: unknown;
  readonly position: string;
}

/** A message of the server that listeners receive. */
export type Message =
  | { readonly kind: 'session'; readonly session: SessionInfo; readonly position: string }
  | FeedMessage
  | { readonly kind: 'notifications'; readonly count: NotificationCount }
  | { readonly kind: 'claim'; readonly claim: Claim }
  | { readonly kind: 'testAlert'; readonly alert: TestAlert }
  | { readonly kind: 'newLogin'; readonly login: NewLogin };

/** NoteDelivery is called with a new event before any listener. */
export type NoteDelivery = (delivery: Delivery, live: boolean) => void;

/**
 * Turns messages into the events of a connection: numbers checked, repeats dropped, replays collected. One for each
 * start of a connection, whichever tab's socket a message comes from. `isForegroundTab` is passed on.
 */
export interface EventPipeline {
  /** The newest position in the feed; null before the first session. */
  readonly position: string | null;
  /** How many events of a replay are still to come. */
  readonly pendingReplay: number;
  take(message: Message, isForegroundTab: boolean, note?: NoteDelivery): void;
  /** catchUp takes the events of another tab up to `position`; `pendingReplay` of its replay are still to come. */
  catchUp(recent: readonly FeedMessage[], position: string, pendingReplay: number, isForegroundTab: boolean): void;
  /** flush delivers an unfinished replay. */
  flush(isForegroundTab: boolean): void;
}

export function createEventPipeline(listeners: Pick<Listeners<ConnectionEvents>, 'emit'>): EventPipeline {
  const continuity = createContinuity();
  const dedupe = createDedupe();
  const replay = createReplayCollector();

  const emitReplay = (digest: ReplayBatch | null, isForegroundTab: boolean): void => {
    if (digest) listeners.emit('replay', { ...digest, isForegroundTab });
  };
  const emitGap = (gap: Gap, isForegroundTab: boolean): void => {
    listeners.emit('gap', { ...gap, isForegroundTab });
  };

  function begin(received: SessionInfo, position: string, isForegroundTab: boolean): void {
    // The leader may have had sessions before; this tab had no event yet, so nothing is missing.
    const session = continuity.position === null ? { ...received, recovered: false, gap: null } : received;
    // A position ahead of ours is a gap, also when the server reports none.
    const between = continuity.begin(position);
    const gap = session.gap ?? between;
    const leftover = replay.begin(session.replayed, gap);
    listeners.emit('session', session);
    if (gap) emitGap(gap, isForegroundTab);
    if (gap || !session.recovered) listeners.emit('reload', { reason: gap?.reason ?? 'first' });
    emitReplay(leftover, isForegroundTab);
  }

  function feed({ payload, position }: FeedMessage, isForegroundTab: boolean, note?: NoteDelivery): void {
    // Recorded before any listener runs: one that throws must not bring the event back.
    const gap = continuity.check(position);
    const event = parseFeedEvent(payload);
    const delivery = event !== null && !dedupe.isRepeat(event) ? { event, position } : null;
    const live = !replay.collecting;
    const digest = live ? null : replay.take(delivery);
    if (delivery) note?.(delivery, live);
    if (gap) {
      emitGap(gap, isForegroundTab);
      listeners.emit('reload', { reason: gap.reason });
    }
    if (live && delivery) listeners.emit('event', { ...delivery, isForegroundTab });
    emitReplay(digest, isForegroundTab);
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
      else if (message.kind === 'testAlert') listeners.emit('testAlert', { ...message.alert, isForegroundTab });
      else listeners.emit('newLogin', { ...message.login, isForegroundTab });
    },
    catchUp(recent, position, pendingReplay, isForegroundTab) {
      const here = parsePosition(continuity.position);
      const there = parsePosition(position);
      if (!here || !there || (sameFeed(here, there) && there.number <= here.number)) return;
      const missed = recent.filter((message) => {
        const position = parsePosition(message.position);
        return position !== null && sameFeed(position, here) && position.number > here.number;
      });
      const whole = sameFeed(here, there) && missed.length === there.number - here.number;
      const leftover = replay.begin((whole ? missed.length : 0) + pendingReplay, null);
      if (whole) for (const message of missed) feed(message, isForegroundTab);
      else {
        const gap = continuity.begin(position);
        if (gap) {
          emitGap(gap, isForegroundTab);
          listeners.emit('reload', { reason: gap.reason });
        }
        emitReplay(leftover, isForegroundTab);
      }
    },
    flush(isForegroundTab) {
      emitReplay(replay.flush(), isForegroundTab);
    },
  };
}
