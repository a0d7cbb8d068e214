import type { ShareConnection } from './connection-observer.js';
import type { Environment } from './environment.js';
import type { Delivery, ReplayBatch } from './replay.js';
import type { ConnectionReason, ConnectionSnapshot } from './snapshot.js';
import type { CreateManager } from './manager.js';
import type { RefreshOutcome } from './token.js';
import type { Claim, Gap, NewLogin, NotificationCount, SessionInfo, TestAlert } from './server-messages.js';

/** What createConnection needs. Only `token` is required. */
export interface ConnectionOptions {
  /** The server's origin, `https://harang.example.com` say; without it the page's own. */
  readonly url?: string | undefined;
  /** The access token of the moment, null when there is none. */
  readonly token: () => string | null;
  /**
   * Renews the access token, so that `token` returns the new one. Without it a
   * token that ran out ends the connection. It must not outlast 10 s; after
   * that it counts as unreachable.
   */
  readonly refresh?: (() => Promise<RefreshOutcome>) | undefined;
  /** `shareTabs(name)` of `@harang/client/tabs`: one connection for the tabs of this browser. Without it, one each. */
  readonly share?: ShareConnection | undefined;
  /** The server's Socket.IO path; default `/socket.io/`. */
  readonly path?: string | undefined;
  /** The namespace of the feeds; default `/ws/dashboard`. */
  readonly namespace?: string | undefined;
  /** debug is called on every transition of the connection; `console.debug` will do. */
  readonly debug?: ((message: string, details: unknown) => void) | undefined;
  /** For tests: the environment and the stock client. See `@harang/client/testing`. */
  readonly environment?: Environment | undefined;
  readonly createManager?: CreateManager | undefined;
}

/** Why lists must be loaded anew. */
export interface Reload {
  /** `first`: a first connection, where nothing is missing that we know of. */
  readonly reason: 'first' | Gap['reason'];
}

/**
 * Every tab that shares the connection gets every event; `isForegroundTab` is true in one of them, the visible tab that
 * a person used last: show toasts there. Without sharing it is always true.
 */
export interface ForegroundTab {
  readonly isForegroundTab: boolean;
}

/** The events of a connection. */
export interface ConnectionEvents {
  /** A live feed event: not a repeat, not part of a replay. */
  event: Delivery & ForegroundTab;
  /** What came while away, in one batch. */
  replay: ReplayBatch & ForegroundTab;
  /** Something is missing: the server reports it, or the numbers have a hole. */
  gap: Gap & ForegroundTab;
  /** Load the lists anew. */
  reload: Reload;
  session: SessionInfo;
  notifications: NotificationCount;
  claim: Claim;
  /** A test alert of this user; in no feed, so never part of a replay. */
  testAlert: TestAlert & ForegroundTab;
  /** This user signed in on a device that is new to the account; in no feed, so never part of a replay. */
  newLogin: NewLogin & ForegroundTab;
  /** The session is over: the page should go to its sign-in form. */
  signedOut: { readonly reason: ConnectionReason };
}

/** A live connection of one signed-in user. The methods need no `this`. */
export interface Connection {
  /** start connects, or joins the tab that is connected. Idempotent. */
  readonly start: () => void;
  /** stop disconnects and frees everything. Idempotent. */
  readonly stop: () => void;
  /** retryNow reconnects at once, or probes a connection that looks open. */
  readonly retryNow: () => void;
  /** on registers a listener and returns its unsubscribe. */
  readonly on: <Name extends keyof ConnectionEvents>(
    name: Name,
    run: (value: ConnectionEvents[Name]) => void,
  ) => () => void;
  /** markSeen tells the server which events a person could see. */
  readonly markSeen: (eventIds: readonly string[]) => void;
  /** getSnapshot and subscribe are what useSyncExternalStore asks for. */
  readonly getSnapshot: () => ConnectionSnapshot;
  readonly subscribe: (run: () => void) => () => void;
}
