import { request } from './http';

/** What loading code needs of the browser. */
export interface Loading {
  /** Resolves after `ms`, or earlier when the browser says that it is online again. */
  wait: (ms: number) => Promise<void>;
  serverAnswers: () => Promise<boolean>;
  /** Loads stylesheets again that failed to load. */
  repairStyles: () => Promise<void>;
  /** Reloads the page, unless it did that a moment ago; false when it did. */
  reload: () => boolean;
}

/**
 * loadWithRetry makes a loader of code that waits for the server instead of
 * failing: until the code is there its promise is pending, and all callers
 * share it. When the server answers and the code is still missing, a newer
 * version of the page has replaced it, so the page is reloaded; that failing
 * too, the loader throws, and the next call begins anew.
 */
export function loadWithRetry<Module>(load: () => Promise<Module>, browser = inBrowser): () => Promise<Module> {
  let loading: Promise<Module> | null = null;
  return () => {
    loading ??= attempt(load, browser).catch((error: unknown) => {
      loading = null;
      throw error;
    });
    return loading;
  };
}

async function attempt<Module>(load: () => Promise<Module>, browser: Loading): Promise<Module> {
  let refused = 0;
  for (let failures = 0; ; failures++) {
    try {
      const module = await load();
      if (failures > 0) await browser.repairStyles();
      return module;
    } catch (error) {
      if (await browser.serverAnswers()) refused++;
      // Twice, because the server may have come back between the load and the question.
      if (refused > 1) {
        if (!browser.reload()) throw error;
        return new Promise<Module>(() => undefined);
      }
      await browser.wait(Math.min(1000 * 2 ** failures, 5000));
    }
  }
}

const reloadKey = 'harang-reloaded';
const reloadPause = 60_000;

const inBrowser: Loading = {
  wait: (ms) =>
    new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        window.removeEventListener('online', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      window.addEventListener('online', done);
    }),
  async serverAnswers() {
    try {
      await request('/auth/session');
      return true;
    } catch {
      return false;
    }
  },
  async repairStyles() {
    const links = [...document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]')];
    await Promise.all(
      links
        .filter(({ sheet }) => sheet === null)
        .map((link) => {
          const again = link.cloneNode() as HTMLLinkElement;
          return new Promise<void>((resolve) => {
            again.addEventListener('load', () => resolve());
            again.addEventListener('error', () => resolve());
            link.replaceWith(again);
          });
        }),
    );
  },
  reload() {
    try {
      if (Date.now() - Number(sessionStorage.getItem(reloadKey) ?? 0) < reloadPause) return false;
      sessionStorage.setItem(reloadKey, String(Date.now()));
    } catch {
      // Without storage nobody knows whether this was a reload already.
      return false;
    }
    window.location.reload();
    return true;
  },
};
