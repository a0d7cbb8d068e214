import type { Progress } from './connection-machine.js';
import type { Environment } from './environment.js';
import type { EventPipeline, Message } from './event-pipeline.js';
import type { ConnectionOptions } from './options.js';
import type { ConnectionReason, ConnectionSnapshot } from './snapshot.js';

/** What another tab needs to continue a connection. */
export interface ResumeState {
  /** The private id of the connection and its position in the feed; null when it never had one. */
  readonly pid: string | null;
  readonly position: string | null;
  readonly snapshot: ConnectionSnapshot;
  readonly progress: Progress;
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

/** ShareConnection is a way to the server that is shared; null where it cannot be. See shareTabs. */
export type ShareConnection = (
  options: ConnectionOptions,
  environment: Environment,
  pipeline: EventPipeline,
  observer: TabObserver,
) => TabConnection | null;
