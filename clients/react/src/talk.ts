import type { FeedMessage, Message } from './inbox.js';
import type { Handover } from './outlet.js';
import type { TabState } from './roster.js';
import type { ConnectionReason } from './snapshot.js';
import type { NotificationCount } from './wire.js';

/** The present state, as the speaker tells it. */
export interface Greeting {
  readonly kind: 'greeting';
  readonly term: number;
  /** The tab that asked; null: every tab, because the speaker is a new one. */
  readonly to: string | null;
  readonly state: Handover;
  /** How much of a replay is still to come. */
  readonly due: number;
  /** The newest events, oldest first, for a tab that has not had them. */
  readonly recent: readonly FeedMessage[];
  readonly count: NotificationCount | null;
  readonly tabs: readonly (readonly [string, TabState])[];
  readonly foremost: string | null;
}

/**
 * What tabs say to each other. Every speaker has a later `term` than the one
 * before, so that the word of a tab that was frozen meanwhile counts no more.
 */
export type Talk =
  /** Somebody wants the present state; `wake`: and to know that the server still answers. */
  | { readonly kind: 'hello'; readonly tab: TabState; readonly position: string | null; readonly wake: boolean }
  /** Where a tab stands, among the others and, for one that may have to speak before it knows anything, in the feed. */
  | { readonly kind: 'here'; readonly tab: TabState; readonly pid: string | null; readonly position: string | null }
  | { readonly kind: 'bye' }
  | { readonly kind: 'seen'; readonly eventIds: readonly string[] }
  // The speaker alone says these.
  | Greeting
  | { readonly kind: 'state'; readonly term: number; readonly state: Handover }
  | { readonly kind: 'message'; readonly term: number; readonly message: Message; readonly foremost: string | null }
  /** Its tries fail: `to` may try instead. */
  | { readonly kind: 'offer'; readonly term: number; readonly to: string }
  | { readonly kind: 'ended'; readonly reason: ConnectionReason };

/** Talk as it travels: from which tab, and for whom the connection is. */
export type Envelope = Talk & { readonly from: string; readonly as: string };

/** readTalk drops what is not meant for the tabs of `as`. */
export function readTalk(data: unknown, as: string): Envelope | null {
  if (typeof data !== 'object' || data === null) return null;
  const { kind, from, as: whose } = data as Record<string, unknown>;
  return typeof kind === 'string' && typeof from === 'string' && whose === as ? (data as Envelope) : null;
}
