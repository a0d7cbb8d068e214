import type { Environment, TimerHandle } from './environment.js';

const batchDelay = 500;
const batchSize = 100;
const memory = 1000;

/** Gathers the ids of what a person could see and sends them in batches. */
export interface SeenBatch {
  readonly add: (eventIds: readonly string[]) => void;
  /** flush sends what waits; the connection calls it when it is open again. */
  flush(): void;
  stop(): void;
}

/**
 * createSeenBatch calls `send` with at most 100 ids; `send` answers whether the
 * server took them. What it did not take waits for the next flush. The newest
 * 1,000 ids are remembered and never sent twice.
 */
export function createSeenBatch(
  environment: Pick<Environment, 'setTimeout' | 'clearTimeout'>,
  send: (eventIds: readonly string[]) => Promise<boolean>,
): SeenBatch {
  const known = new Set<string>();
  let waiting: string[] = [];
  let timer: TimerHandle | null = null;

  const flush = (): void => {
    if (timer !== null) environment.clearTimeout(timer);
    timer = null;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchSize);
      waiting = waiting.slice(batchSize);
      void send(batch).then((taken) => {
        if (!taken) waiting = [...batch, ...waiting].slice(-memory);
      });
    }
  };

  return {
    add(eventIds) {
      for (const id of eventIds) {
        if (known.has(id)) continue;
        known.add(id);
        waiting.push(id);
        if (known.size > memory) {
          for (const oldest of known) {
            known.delete(oldest);
            break;
          }
        }
      }
      if (waiting.length > 0 && timer === null) timer = environment.setTimeout(flush, batchDelay);
    },
    flush,
    stop() {
      if (timer !== null) environment.clearTimeout(timer);
      timer = null;
    },
  };
}
