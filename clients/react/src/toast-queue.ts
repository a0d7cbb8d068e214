import { createStore, type Store } from './store.js';

/** What the queue needs of a toast. */
export interface QueuedToast {
  readonly id: string;
  /** An urgent toast displaces one that is not, and is never displaced or folded. */
  readonly urgent: boolean;
}

export interface ToastsShown<Item> {
  /** At most three, the newest last. */
  readonly visible: readonly Item[];
  /** How many more there are: waiting, or folded because too many waited. */
  readonly more: number;
}

/** Why the time of the toasts is stopped. */
export type ToastPause = 'hover' | 'focus' | 'hidden';

export interface ToastQueue<Item extends QueuedToast> {
  readonly shown: Store<ToastsShown<Item>>;
  add: (item: Item) => void;
  close: (id: string) => void;
  /** clear closes all: the list that has them was opened. */
  clear: () => void;
  pause: (why: ToastPause) => void;
  resume: (why: ToastPause) => void;
}

const visibleLimit = 3;
const waitingLimit = 3;

interface Entry<Item> {
  readonly item: Item;
  left: number;
}

/**
 * createToastQueue shows three toasts at a time, each for `life` milliseconds. Three more wait; beyond those only urgent
 * ones do, and the rest are counted in `more`.
 */
export function createToastQueue<Item extends QueuedToast>(life = 5000): ToastQueue<Item> {
  const shown = createStore<ToastsShown<Item>>({ visible: [], more: 0 });
  let visible: Entry<Item>[] = [];
  let waiting: Item[] = [];
  let folded = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let since = 0;
  const pauses = new Set<ToastPause>();

  /** settleTime takes the time that has passed off each visible toast. */
  const settleTime = (): void => {
    if (timer === null) return;
    clearTimeout(timer);
    timer = null;
    const passed = Date.now() - since;
    for (const entry of visible) entry.left -= passed;
  };

  const startTime = (): void => {
    if (pauses.size > 0 || visible.length === 0) return;
    since = Date.now();
    timer = setTimeout(
      () => {
        settleTime();
        visible = visible.filter(({ left }) => left > 0);
        arrange();
      },
      Math.max(0, Math.min(...visible.map(({ left }) => left))),
    );
  };

  const takeNext = (): Item | undefined => {
    const index = Math.max(
      0,
      waiting.findIndex(({ urgent }) => urgent),
    );
    return waiting.splice(index, 1)[0];
  };

  const arrange = (): void => {
    while (visible.length < visibleLimit) {
      const next = takeNext();
      if (!next) break;
      visible.push({ item: next, left: life });
    }
    while (waiting.length > waitingLimit) {
      const index = waiting.findIndex(({ urgent }) => !urgent);
      if (index === -1) break;
      waiting.splice(index, 1);
      folded += 1;
    }
    if (visible.length === 0) {
      folded = 0;
      // The pointer and the focus left with the last toast; the browser does not always say so.
      pauses.delete('hover');
      pauses.delete('focus');
    }
    shown.set({ visible: visible.map(({ item }) => item), more: waiting.length + folded });
    startTime();
  };

  return {
    shown,
    add(item) {
      settleTime();
      if (item.urgent && visible.length === visibleLimit) {
        const index = visible.findIndex((entry) => !entry.item.urgent);
        const [displaced] = index === -1 ? [] : visible.splice(index, 1);
        if (displaced) waiting.unshift(displaced.item);
      }
      waiting.push(item);
      arrange();
    },
    close(id) {
      settleTime();
      visible = visible.filter(({ item }) => item.id !== id);
      arrange();
    },
    clear() {
      settleTime();
      visible = [];
      waiting = [];
      arrange();
    },
    pause(why) {
      settleTime();
      pauses.add(why);
    },
    resume(why) {
      if (!pauses.delete(why)) return;
      settleTime();
      startTime();
    },
  };
}
