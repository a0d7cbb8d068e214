import type { LocksPort } from './browser-tabs.js';

/** What happens to a tab's claim on the lock. */
export interface LeaderLockEvents {
  acquired(): void;
  /** lost: another tab took the lock. */
  lost(): void;
  /** failed: this browser gives no locks here. */
  failed(error: unknown): void;
}

/** One Web Lock among the tabs of an origin: its holder leads. The browser releases it when a tab is gone. */
export interface LeaderLock {
  /** wait queues for the lock. */
  wait(): void;
  /** steal takes the lock from its holder. */
  readonly steal: () => void;
  /** release gives the lock up, or the wait for it. */
  release(): void;
}

export function createLeaderLock(locks: LocksPort, name: string, events: LeaderLockEvents): LeaderLock {
  let pending: { readonly abort: AbortController; release: (() => void) | null } | null = null;

  function release(): void {
    const mine = pending;
    pending = null;
    if (mine?.release) mine.release();
    else mine?.abort.abort();
  }

  function request(steal: boolean): void {
    release();
    const abort = new AbortController();
    const mine = { abort, release: null as (() => void) | null };
    pending = mine;
    const hold = (): Promise<void> => {
      if (pending !== mine) return Promise.resolve();
      const held = new Promise<void>((resolve) => {
        mine.release = resolve;
      });
      events.acquired();
      return held;
    };
    // `steal` is granted at once and cannot be aborted.
    locks.request(name, steal ? { steal } : { signal: abort.signal }, hold).catch((error: unknown) => {
      if (pending !== mine) return;
      pending = null;
      // Stolen, maybe before this tab knew that it had the lock.
      if (mine.release || (error instanceof DOMException && error.name === 'AbortError')) events.lost();
      else events.failed(error);
    });
  }

  return {
    wait: () => {
      request(false);
    },
    steal: () => {
      request(true);
    },
    release,
  };
}
