import type { LocksPort } from './browser-tabs.js';

/** What holding the lock means to whoever asked for it. */
export interface LeaderLockEvents {
  taken(): void;
  /** lost: another tab took it away. */
  lost(): void;
  /** failed: this browser gives no locks here. */
  failed(error: unknown): void;
}

/** One named lock among the tabs of an origin: who holds it speaks. The browser frees it when a tab is gone. */
export interface LeaderLock {
  /** wait queues for the lock. */
  wait(): void;
  /** seize takes the lock from whoever holds it, a tab that no longer answers say. */
  seize(): void;
  /** leave frees the lock, or gives up the wait. */
  leave(): void;
}

export function createLeaderLock(locks: LocksPort, name: string, events: LeaderLockEvents): LeaderLock {
  let asked: { readonly giveUp: AbortController; free: (() => void) | null } | null = null;

  function leave(): void {
    const mine = asked;
    asked = null;
    if (mine?.free) mine.free();
    else mine?.giveUp.abort();
  }

  function ask(steal: boolean): void {
    leave();
    const giveUp = new AbortController();
    const mine = { giveUp, free: null as (() => void) | null };
    asked = mine;
    const hold = (): Promise<void> => {
      if (asked !== mine) return Promise.resolve();
      const held = new Promise<void>((resolve) => {
        mine.free = resolve;
      });
      events.taken();
      return held;
    };
    // A seizure is not waited for, so it cannot be given up either.
    locks.request(name, steal ? { steal } : { signal: giveUp.signal }, hold).catch((error: unknown) => {
      if (asked !== mine) return;
      asked = null;
      // Taken away, maybe before this tab even knew that it had it.
      if (mine.free || (error instanceof DOMException && error.name === 'AbortError')) events.lost();
      else events.failed(error);
    });
  }

  return {
    wait: () => {
      ask(false);
    },
    seize: () => {
      ask(true);
    },
    leave,
  };
}
