import type { Environment } from './environment.js';
import type { EventPipeline } from './event-pipeline.js';
import { createSocketConnection } from './socket-connection.js';
import type { ConnectionOptions } from './options.js';
import type { ConnectionReason, ConnectionSnapshot } from './snapshot.js';

/** What a tab does for a connection between its start and its end. */
export interface Tab {
  start(): void;
  stop(): void;
  retryNow(): void;
  markSeen(eventIds: readonly string[]): void;
  /** isForegroundTab: toasts belong here. */
  isForegroundTab(): boolean;
}

/** What a tab tells the connection that it works for. */
export interface Host {
  show(snapshot: ConnectionSnapshot): void;
  ended(reason: ConnectionReason): void;
}

/** createStandaloneConnection is a tab with a line of its own. */
export function createStandaloneConnection(options: ConnectionOptions, environment: Environment, pipeline: EventPipeline, host: Host): Tab {
  const line = createSocketConnection(options, environment, pipeline, {
    changed: () => {
      host.show(line.getSnapshot());
    },
    announce: () => true,
    ended: (reason) => {
      host.ended(reason);
    },
  });
  return { ...line, isForegroundTab: () => true };
}
