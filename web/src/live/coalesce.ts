/** Gathers what is to be refreshed, so that a burst of events is one refresh. */
export interface Coalescer {
  /** add refreshes after the window; with `now` at once, unless one ran within the window. */
  add(key: readonly string[], now?: boolean): void;
  stop(): void;
}

export function createCoalescer(refresh: (key: readonly string[]) => void, ms = 300): Coalescer {
  const waiting = new Map<string, readonly string[]>();
  const timers = new Map<string, ReturnType<typeof setTimeout>>();

  const open = (id: string): void => {
    timers.set(
      id,
      setTimeout(() => {
        timers.delete(id);
        const key = waiting.get(id);
        if (!key) return;
        waiting.delete(id);
        open(id);
        refresh(key);
      }, ms),
    );
  };

  return {
    add(key, now = false) {
      const id = JSON.stringify(key);
      if (timers.has(id)) {
        waiting.set(id, key);
        return;
      }
      if (!now) waiting.set(id, key);
      open(id);
      if (now) refresh(key);
    },
    stop() {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      waiting.clear();
    },
  };
}
