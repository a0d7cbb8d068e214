import type { LocksPort } from './browser-tabs.js';

/** What the tabs know of each other. */
export interface TabState {
  /** When a person last used the tab, Unix milliseconds; 0: never. */
  readonly lastUsedAt: number;
  readonly visible: boolean;
  /** Whether its browser says that it is online. */
  readonly online: boolean;
}

/** The tabs that share a connection, by id, as far as this one knows. */
export interface TabRegistry {
  get(id: string): TabState | undefined;
  set(id: string, state: TabState): void;
  remove(id: string): void;
  /** nextUseTime is `now`, or later than every `lastUsedAt`. */
  nextUseTime(now: number): number;
  /** foregroundTab is the visible tab that was used last; when none is visible, the one used last. */
  foregroundTab(): string | null;
  /** successor is the tab that may lead instead of `id`: visible, online, the one used last. */
  successor(id: string): string | null;
  entries(): readonly (readonly [string, TabState])[];
  /** watch removes tabs that are gone, until stop. Only the leader needs it. */
  watch(): void;
  stop(): void;
}

/** lifeLock names the lock that a tab holds for as long as it lives. */
export const lifeLock = (group: string, id: string): string => `${group}#${id}`;

export function createTabRegistry(group: string, own: string, locks: LocksPort): TabRegistry {
  const tabs = new Map<string, TabState>();
  let watching: AbortController | null = null;

  function follow(id: string): void {
    if (!watching || id === own) return;
    const { signal } = watching;
    // Granted when the tab has released it, by closing or by a crash.
    locks
      .request(lifeLock(group, id), { signal }, () => {
        if (!signal.aborted) tabs.delete(id);
        return Promise.resolve();
      })
      .catch(() => undefined);
  }

  function lastUsed(matches: (id: string, state: TabState) => boolean): string | null {
    let found: string | null = null;
    let latest = -1;
    for (const [id, state] of tabs) {
      if (!matches(id, state) || state.lastUsedAt <= latest) continue;
      found = id;
      latest = state.lastUsedAt;
    }
    return found;
  }

  return {
    get: (id) => tabs.get(id),
    set(id, state) {
      const known = tabs.has(id);
      tabs.set(id, state);
      if (!known) follow(id);
    },
    remove(id) {
      tabs.delete(id);
    },
    nextUseTime: (now) => Math.max(now, ...[...tabs.values()].map(({ lastUsedAt }) => lastUsedAt + 1)),
    foregroundTab: () => lastUsed((_, { visible }) => visible) ?? lastUsed(() => true),
    successor: (id) => lastUsed((other, { visible, online }) => other !== id && visible && online),
    entries: () => [...tabs],
    watch() {
      watching = new AbortController();
      for (const id of tabs.keys()) follow(id);
    },
    stop() {
      watching?.abort();
      watching = null;
    },
  };
}
