import type { Message } from './event-pipeline.js';
import type { ConnectionReason, ConnectionSnapshot } from './snapshot.js';

/** What another tab needs to continue a connection. */
export interface ResumeState {
  /** The private id of the connection and its position in the feed; null when it never had one. */
  readonly pid: string | null;
  readonly position: string | null;
  readonly snapshot: ConnectionSnapshot;
  /** Waits of the backoff so far, and whether the next try begins with polling. */
  readonly attempts: number;
  readonly pollingFirst: boolean;
}

/** What a socket connection reports to its owner. */
export interface ConnectionObserver {
  /** changed: the snapshot is another one. */
  changed(): void;
  /** announce is given each message before any listener and returns whether this tab shows toasts for it. */
  announce(message: Message): boolean;
  /** ended: the session is over, and the connection with it. */
  ended(reason: ConnectionReason): void;
}

/** What a tab's way to the server, its own or shared, reports to the connection of the page. */
export interface TabObserver {
  show(snapshot: ConnectionSnapshot): void;
  ended(reason: ConnectionReason): void;
}

/** A tab's way to the server between its start and its end. */
export interface TabConnection {
  start(): void;
  stop(): void;
  /** retryNow reconnects at once, or probes a connection that looks open. */
  retryNow(): void;
  markSeen(eventIds: readonly string[]): void;
  /** isForegroundTab: toasts are shown here. */
  isForegroundTab(): boolean;
}
