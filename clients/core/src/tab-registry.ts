import type { LocksPort } from './browser-tabs.js';

/** What the tabs know of each other. */
export interface TabState {
  /** When a person last turned to it, Unix milliseconds; 0: never. */
  readonly front: number;
  readonly visible: boolean;
  /** Whether its browser says that it is online. */
  readonly online: boolean;
}

/** The tabs that share a connection, by id, as far as this one knows. */
export interface TabRegistry {
  set(id: string, state: TabState): void;
  remove(id: string): void;
  /** later is a time for `front` that is after every known one. */
  later(now: number): number;
  /** foregroundTab is the visible tab that was used last; when none is visible, the one used last. */
  foregroundTab(): string | null;
  /** next is the tab that may try in place of `id`: visible, online, the one used last. */
  next(id: string): string | null;
  entries(): readonly (readonly [string, TabState])[];
  /** watch keeps an eye on which tabs are gone until stop; only the speaker needs to know. */
  watch(): void;
  stop(): void;
}

/** lifeOf names the lock that a tab holds for as long as it lives. */
export const lifeOf = (group: string, id: string): string => `${group}#${id}`;

export function createTabRegistry(group: string, own: string, locks: LocksPort): TabRegistry {
  const tabs = new Map<string, TabState>();
  let watching: AbortController | null = null;

  function follow(id: string): void {
    if (!watching || id === own) return;
    const { signal } = watching;
    // Granted when the tab has let it go, by closing or by a crash.
    locks
      .request(lifeOf(group, id), { signal }, () => {
        if (!signal.aborted) tabs.delete(id);
        return Promise.resolve();
      })
      .catch(() => undefined);
  }

  function best(fits: (id: string, state: TabState) => boolean): string | null {
    let found: string | null = null;
    let front = -1;
    for (const [id, state] of tabs) {
      if (!fits(id, state) || state.front <= front) continue;
      found = id;
      front = state.front;
    }
    return found;
  }

  return {
    set(id, state) {
      const known = tabs.has(id);
      tabs.set(id, state);
      if (!known) follow(id);
    },
    remove(id) {
      tabs.delete(id);
    },
    later: (now) => Math.max(now, ...[...tabs.values()].map(({ front }) => front + 1)),
    foregroundTab: () => best((_, { visible }) => visible) ?? best(() => true),
    next: (id) => best((other, { visible, online }) => other !== id && visible && online),
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
