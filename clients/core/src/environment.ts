import type { Tabs } from './tabs/browser-tabs.js';

/** A pending timer. */
export type TimerHandle = ReturnType<typeof globalThis.setTimeout>;

/**
 * Everything the connection asks of the environment, so that a test can be the environment.
 * Times are Unix milliseconds. Each `onX` returns its unsubscribe.
 */
export interface Environment {
  now(): number;
  random(): number;
  setTimeout(run: () => void, ms: number): TimerHandle;
  clearTimeout(handle: TimerHandle): void;
  isOnline(): boolean;
  isVisible(): boolean;
  onOnline(run: () => void): () => void;
  onOffline(run: () => void): () => void;
  onVisible(run: () => void): () => void;
  /** reportError takes what a listener threw; the connection goes on. */
  readonly reportError: (error: unknown) => void;
  /** How tabs find each other; null: they do not. Without it, by the browser's Web Locks and channels. */
  readonly tabs?: Tabs | null;
}

function listen(target: EventTarget | undefined, name: string, run: () => void): () => void {
  if (!target) return () => undefined;
  target.addEventListener(name, run);
  return () => {
    target.removeEventListener(name, run);
  };
}

/** browserEnvironment works without a browser too (server rendering, Node): there it is online and visible. */
export function browserEnvironment(): Environment {
  const view = typeof window === 'undefined' ? undefined : window;
  const page = typeof document === 'undefined' ? undefined : document;
  const isVisible = (): boolean => page?.visibilityState !== 'hidden';
  return {
    now: () => Date.now(),
    random: () => Math.random(),
    setTimeout: (run, ms) => globalThis.setTimeout(run, ms),
    clearTimeout: (handle) => {
      globalThis.clearTimeout(handle);
    },
    isOnline: () => typeof navigator === 'undefined' || navigator.onLine,
    isVisible,
    onOnline: (run) => listen(view, 'online', run),
    onOffline: (run) => listen(view, 'offline', run),
    onVisible: (run) => {
      const changed = listen(page, 'visibilitychange', () => {
        if (isVisible()) run();
      });
      // A page that comes out of the back/forward cache is not told of visibility.
      const shown = listen(view, 'pageshow', run);
      return () => {
        changed();
        shown();
      };
    },
    reportError: (error) => {
      // Thrown on its own turn: the page's error handler sees it, the stock client does not.
      globalThis.setTimeout(() => {
        throw error;
      }, 0);
    },
  };
}
