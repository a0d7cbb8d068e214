/** The part of the browser's LockManager (Web Locks) that is used here. */
export interface LocksPort {
  request(name: string, options: { steal?: boolean; signal?: AbortSignal }, run: () => Promise<void>): Promise<unknown>;
}

/** The part of a BroadcastChannel that is used here. */
export interface ChannelPort {
  postMessage(message: unknown): void;
  addEventListener(name: 'message', run: (message: { readonly data: unknown }) => void): void;
  close(): void;
}

/** What tabs of one browser need to find each other. Each `onX` returns its unsubscribe. */
export interface Tabs {
  readonly locks: LocksPort;
  openChannel(name: string): ChannelPort;
  /** newId names a tab among the others. */
  newId(): string;
  /** lastUsedAt is when a person opened or last used this page, Unix milliseconds. */
  lastUsedAt(): number;
  /** onUsed: a person uses this tab. */
  onUsed(run: () => void): () => void;
  onHidden(run: () => void): () => void;
  /** onFrozen: the browser stops the tab's timers and network, or lets them go on. */
  onFrozen(run: (frozen: boolean) => void): () => void;
}

// Of the page, not of a connection: it outlives a login.
const use = { at: 0, watched: false, runs: new Set<() => void>() };

/**
 * watchForeground records from now on when a person uses this page. shareTabs does it by itself; a page where people
 * sign in first calls it when it starts, so that the tab of the sign-in counts as used.
 */
export function watchForeground(): void {
  if (use.watched || typeof window === 'undefined') return;
  use.watched = true;
  const follow = (): void => {
    use.at = Date.now();
    for (const run of [...use.runs]) run();
  };
  // Captured, so that no handler of the page can keep them from here; `focus` is not, because that
  // would be every element's, and a page moves its focus by itself.
  for (const name of ['pointerdown', 'keydown'] as const)
    window.addEventListener(name, follow, { capture: true, passive: true });
  window.addEventListener('focus', follow);
}

/** browserTabs is undefined where the browser lacks a part: old ones, and pages that came over http from afar. */
export function browserTabs(): Tabs | undefined {
  if (typeof window === 'undefined' || typeof document === 'undefined' || typeof BroadcastChannel === 'undefined')
    return undefined;
  const locks = (navigator as Partial<Navigator>).locks;
  if (!locks) return undefined;
  watchForeground();
  return {
    locks,
    openChannel: (name) => new BroadcastChannel(name),
    newId: () => crypto.randomUUID(),
    lastUsedAt: () => Math.max(use.at, Math.round(performance.timeOrigin)),
    onUsed: (run) => {
      use.runs.add(run);
      return () => {
        use.runs.delete(run);
      };
    },
    onHidden: (run) => {
      const follow = (): void => {
        if (document.visibilityState === 'hidden') run();
      };
      document.addEventListener('visibilitychange', follow);
      return () => {
        document.removeEventListener('visibilitychange', follow);
      };
    },
    onFrozen: (run) => {
      const freeze = (): void => {
        run(true);
      };
      const resume = (): void => {
        run(false);
      };
      document.addEventListener('freeze', freeze);
      document.addEventListener('resume', resume);
      return () => {
        document.removeEventListener('freeze', freeze);
        document.removeEventListener('resume', resume);
      };
    },
  };
}
