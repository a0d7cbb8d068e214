import { browserEnvironment } from './environment.js';
import { createEventPipeline, type EventPipeline } from './event-pipeline.js';
import { createListeners } from './listeners.js';
import type { Connection, ConnectionEvents, ConnectionOptions } from './options.js';
import type { TabConnection, TabObserver } from './connection-observer.js';
import { createStandaloneConnection } from './standalone-connection.js';
import { sameSnapshot, stoppedSnapshot, type ConnectionSnapshot } from './snapshot.js';

/**
 * createConnection keeps one user connected, with a socket of this tab or, with `share`, with the one that the tabs of
 * this browser share. It delivers each event once and in order.
 */
export function createConnection(options: ConnectionOptions): Connection {
  requireOrigin(options.url);
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

  /** release forgets the running tab and delivers what it has of a replay. */
  function release(): TabConnection | null {
    const before = running;
    running = null;
    before?.pipeline.flush(before.tab.isForegroundTab());
    return before?.tab ?? null;
  }

  return {
    start: () => {
      if (running) return;
      const pipeline = createEventPipeline(listeners);
      const tab =
        options.share?.(options, environment, pipeline, observer) ??
        createStandaloneConnection(options, environment, pipeline, observer);
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

/** requireOrigin refuses `localhost:8080`: the stock client would guess the scheme, but fetch reads it as a path. */
function requireOrigin(url: string | undefined): void {
  if (url && !/^([a-z]+:)?\//i.test(url))
    throw new TypeError(`harang: url "${url}" must begin with http:// or https://`);
}
