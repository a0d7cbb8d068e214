import type { ResumeState } from '../connection-observer.js';
import type { FeedMessage, Message } from '../event-pipeline.js';
import type { NotificationCount } from '../server-messages.js';
import type { ConnectionReason } from '../snapshot.js';
import type { TabState } from './tab-registry.js';

/** The leader's current state, for one tab or for all. */
export interface LeaderState {
  readonly kind: 'leaderState';
  readonly term: number;
  /** The tab that asked; null: every tab, because the leader is a new one. */
  readonly to: string | null;
  readonly state: ResumeState;
  /** Events of a replay that are still to come. */
  readonly pendingReplay: number;
  /** The newest events, oldest first, that the receiver may lack. */
  readonly recent: readonly FeedMessage[];
  readonly count: NotificationCount | null;
  readonly tabs: readonly (readonly [string, TabState])[];
  readonly foregroundTab: string | null;
}

/** What only the leader sends. Every leader has a later `term` than the one before; messages of an earlier term are void. */
export type LeaderMessage =
  | LeaderState
  | { readonly kind: 'stateChanged'; readonly term: number; readonly state: ResumeState }
  | {
      readonly kind: 'message';
      readonly term: number;
      readonly message: Message;
      readonly foregroundTab: string | null;
    }
  /** The leader's tries fail: `to` may lead instead. */
  | { readonly kind: 'retryOffer'; readonly term: number; readonly to: string };

/** What the tabs of one browser send each other. */
export type TabMessage =
  | LeaderMessage
  /** The sender asks for the leader's state; `wake`: and the leader makes sure that the server still answers. */
  | { readonly kind: 'stateRequest'; readonly tab: TabState; readonly position: string | null; readonly wake: boolean }
  /** The sender's state, and what it knows of the connection: a new leader may have nothing else to resume from. */
  | { readonly kind: 'presence'; readonly tab: TabState; readonly pid: string | null; readonly position: string | null }
  | { readonly kind: 'left' }
  | { readonly kind: 'seen'; readonly eventIds: readonly string[] }
  | { readonly kind: 'ended'; readonly reason: ConnectionReason };

/** A message as it travels: from which tab, and for which `shareAs`. */
export type Envelope = TabMessage & { readonly from: string; readonly as: string };

/** readTabMessage returns null for what is not meant for the tabs of `as`. */
export function readTabMessage(data: unknown, as: string): Envelope | null {
  if (typeof data !== 'object' || data === null) return null;
  const { kind, from, as: recipient } = data as Record<string, unknown>;
  return typeof kind === 'string' && typeof from === 'string' && recipient === as ? (data as Envelope) : null;
}
