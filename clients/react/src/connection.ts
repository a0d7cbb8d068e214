import { browserEnvironment } from './environment.js';
import { createInbox, type Inbox } from './inbox.js';
import { createListeners } from './listeners.js';
import type { Connection, ConnectionEvents, ConnectionOptions } from './options.js';
import { createOwnTab, type Host, type Tab } from './own-tab.js';
import { createSharedTab } from './shared-tab.js';
import { sameSnapshot, stoppedSnapshot, type ConnectionSnapshot } from './snapshot.js';

/**
 * createConnection keeps one user's live connection up, over a line of this tab
 * or, with `shareAs`, over the one that the tabs of this browser have together;
 * it hands on each event once and in order.
 */
export function createConnection(options: ConnectionOptions): Connection {
  const environment = options.environment ?? browserEnvironment();
  const listeners = createListeners<ConnectionEvents & { change: undefined }>(environment.reportError);
  let snapshot: ConnectionSnapshot = stoppedSnapshot;
  let running: { readonly tab: Tab; readonly inbox: Inbox } | null = null;

  const host: Host = {
    show(next) {
      if (sameSnapshot(next, snapshot)) return;
      snapshot = next;
      listeners.emit('change', undefined);
    },
    ended(reason) {
      release();
      listeners.emit('signedOut', { reason });
    },
  };

  /** release forgets the running tab; what it had of a replay is handed on. */
  function release(): Tab | null {
    const was = running;
    running = null;
    was?.inbox.flush(was.tab.isForemost());
    return was?.tab ?? null;
  }

  return {
    start: () => {
      if (running) return;
      const inbox = createInbox(listeners);
      const { shareAs } = options;
      const tab =
        shareAs !== undefined && environment.tabs
          ? createSharedTab({ ...options, shareAs }, environment, environment.tabs, inbox, host)
          : createOwnTab(options, environment, inbox, host);
      running = { tab, inbox };
      tab.start();
    },
    stop: () => {
      release()?.stop();
    },
    retryNow: () => running?.tab.retryNow(),
    on: (name, listener) => listeners.on(name, listener),
    markSeen: (eventIds) => running?.tab.markSeen(eventIds),
    getSnapshot: () => snapshot,
    subscribe: (listener) => listeners.on('change', listener),
  };
}
