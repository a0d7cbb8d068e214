/**
 * Gathers what is to be refreshed, so that many events cause one refresh. A
 * window lasts as long as the refresh that opened it, up to sixteen times `ms`:
 * events that keep coming would else cancel every answer before it is there.
 */
export interface Coalescer<Key extends readonly string[]> {
  /** add refreshes after the window; with `now` at once, unless one is open. */
  add(key: Key, now?: boolean): void;
  stop(): void;
}

const longest = 16;

export function createCoalescer<Key extends readonly string[]>(
  refresh: (key: Key) => Promise<unknown>,
  ms = 300,
): Coalescer<Key> {
  const waiting = new Map<string, Key>();
  const timers = new Map<string, ReturnType<typeof setTimeout>>();

  const open = (id: string, isBusy: () => boolean, turn = 1): void => {
    timers.set(
      id,
      setTimeout(() => {
        if (isBusy() && turn < longest) {
          open(id, isBusy, turn + 1);
          return;
        }
        timers.delete(id);
        const key = waiting.get(id);
        if (!key) return;
        waiting.delete(id);
        run(id, key);
      }, ms),
    );
  };

  const run = (id: string, key: Key): void => {
    let busy = true;
    open(id, () => busy);
    void refresh(key).finally(() => {
      busy = false;
    });
  };

  return {
    add(key, now = false) {
      const id = JSON.stringify(key);
      if (timers.has(id)) {
        waiting.set(id, key);
        return;
      }
      if (now) run(id, key);
      else {
        waiting.set(id, key);
        open(id, () => false);
      }
    },
    stop() {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      waiting.clear();
    },
  };
}
