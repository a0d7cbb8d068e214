import { browserEnvironment } from './environment.js';
import { createEventPipeline, type EventPipeline } from './event-pipeline.js';
import { createListeners } from './listeners.js';
import type { Connection, ConnectionEvents, ConnectionOptions } from './options.js';
import type { TabConnection, TabObserver } from './connection-observer.js';
import { createStandaloneConnection } from './standalone-connection.js';
import { createTabCoordinator } from './tab-coordinator.js';
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
  let running: { readonly tab: TabConnection; readonly pipeline: EventPipeline } | null = null;

  const observer: TabObserver = {
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
  function release(): TabConnection | null {
    const was = running;
    running = null;
    was?.pipeline.flush(was.tab.isForegroundTab());
    return was?.tab ?? null;
  }

  return {
    start: () => {
      if (running) return;
      const pipeline = createEventPipeline(listeners);
      const { shareAs } = options;
      const tab =
        shareAs !== undefined && environment.tabs
          ? createTabCoordinator({ ...options, shareAs }, environment, environment.tabs, pipeline, observer)
          : createStandaloneConnection(options, environment, pipeline, observer);
      running = { tab, pipeline };
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
