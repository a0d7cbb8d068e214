import type { TabConnection, TabObserver } from './connection-observer.js';
import type { Environment } from './environment.js';
import type { EventPipeline } from './event-pipeline.js';
import type { ConnectionOptions } from './options.js';
import { createSocketConnection } from './socket-connection.js';

/** createStandaloneConnection is a tab with a socket of its own. */
export function createStandaloneConnection(
  options: ConnectionOptions,
  environment: Environment,
  pipeline: EventPipeline,
  observer: TabObserver,
): TabConnection {
  const connection = createSocketConnection(options, environment, pipeline, {
    changed: () => {
      observer.show(connection.getSnapshot());
    },
    announce: () => true,
    ended: (reason) => {
      observer.ended(reason);
    },
  });
  return { ...connection, isForegroundTab: () => true };
}
