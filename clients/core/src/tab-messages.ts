import type { FeedMessage, Message } from './event-pipeline.js';
import type { ResumeState } from './connection-observer.js';
import type { TabState } from './tab-registry.js';
import type { ConnectionReason } from './snapshot.js';
import type { NotificationCount } from './server-messages.js';

/** The present state, as the speaker tells it. */
export interface Greeting {
  readonly kind: 'greeting';
  readonly term: number;
  /** The tab that asked; null: every tab, because the speaker is a new one. */
  readonly to: string | null;
  readonly state: ResumeState;
  /** How much of a replay is still to come. */
  readonly pendingReplay: number;
  /** The newest events, oldest first, for a tab that has not had them. */
  readonly recent: readonly FeedMessage[];
  readonly count: NotificationCount | null;
  readonly tabs: readonly (readonly [string, TabState])[];
  readonly foregroundTab: string | null;
}

/**
 * What tabs say to each other. Every speaker has a later `term` than the one
 * before, so that the word of a tab that was frozen meanwhile counts no more.
 */
export type TabMessage =
  /** Somebody wants the present state; `wake`: and to know that the server still answers. */
  | { readonly kind: 'hello'; readonly tab: TabState; readonly position: string | null; readonly wake: boolean }
  /** Where a tab stands, among the others and, for one that may have to speak before it knows anything, in the feed. */
  | { readonly kind: 'here'; readonly tab: TabState; readonly pid: string | null; readonly position: string | null }
  | { readonly kind: 'bye' }
  | { readonly kind: 'seen'; readonly eventIds: readonly string[] }
  // The speaker alone says these.
  | Greeting
  | { readonly kind: 'state'; readonly term: number; readonly state: ResumeState }
  | { readonly kind: 'message'; readonly term: number; readonly message: Message; readonly foregroundTab: string | null }
  /** Its tries fail: `to` may try instead. */
  | { readonly kind: 'offer'; readonly term: number; readonly to: string }
  | { readonly kind: 'ended'; readonly reason: ConnectionReason };

/** TabMessage as it travels: from which tab, and for whom the connection is. */
export type Envelope = TabMessage & { readonly from: string; readonly as: string };

/** readTabMessage drops what is not meant for the tabs of `as`. */
export function readTabMessage(data: unknown, as: string): Envelope | null {
  if (typeof data !== 'object' || data === null) return null;
  const { kind, from, as: whose } = data as Record<string, unknown>;
  return typeof kind === 'string' && typeof from === 'string' && whose === as ? (data as Envelope) : null;
}
