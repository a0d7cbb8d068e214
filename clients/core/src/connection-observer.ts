import type { Message } from './event-pipeline.js';
import type { ConnectionReason, ConnectionSnapshot } from './snapshot.js';

/** Where another tab's line stood, so that this one goes on from there. */
export interface ResumeState {
  /** The name of its seat and its place in the feed; null when it never had one. */
  readonly pid: string | null;
  readonly position: string | null;
  readonly snapshot: ConnectionSnapshot;
  /** Steps climbed on the backoff, and whether the next try begins with polling. */
  readonly climbed: number;
  readonly turned: boolean;
}

/** What a line tells the connection that made it. */
export interface ConnectionObserver {
  /** changed: the snapshot is another one. */
  changed(): void;
  /** announce hears each message before any listener and tells whether this tab is the one for toasts. */
  announce(message: Message): boolean;
  /** ended: the session is over, and the line with it. */
  ended(reason: ConnectionReason): void;
}

/** One tab's own way to the server, from its start to its end. */
export interface SocketConnection {
  /** start dials, once in the line's life. */
  start(): void;
  stop(): void;
  /** wake connects at once, or makes sure that a connection believed open is alive. */
  wake(): void;
  /** retryNow is wake for somebody who was refused, too. */
  retryNow(): void;
  markSeen(eventIds: readonly string[]): void;
  getSnapshot(): ConnectionSnapshot;
  /** resumeState is what another tab needs to go on from here. */
  resumeState(): ResumeState;
}
