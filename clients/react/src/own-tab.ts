import type { Environment } from './environment.js';
import type { Inbox } from './inbox.js';
import { createLine } from './line.js';
import type { ConnectionOptions } from './options.js';
import type { ConnectionReason, ConnectionSnapshot } from './snapshot.js';

/** What a tab does for a connection between its start and its end. */
export interface Tab {
  start(): void;
  stop(): void;
  retryNow(): void;
  markSeen(eventIds: readonly string[]): void;
  /** isForemost: toasts belong here. */
  isForemost(): boolean;
}

/** What a tab tells the connection that it works for. */
export interface Host {
  show(snapshot: ConnectionSnapshot): void;
  ended(reason: ConnectionReason): void;
}

/** createOwnTab is a tab with a line of its own. */
export function createOwnTab(options: ConnectionOptions, environment: Environment, inbox: Inbox, host: Host): Tab {
  const line = createLine(options, environment, inbox, {
    changed: () => {
      host.show(line.getSnapshot());
    },
    announce: () => true,
    ended: (reason) => {
      host.ended(reason);
    },
  });
  return { ...line, isForemost: () => true };
}
