/** Passes items on: the first few at once, those that follow within the window together. */
export interface MicroBatch<Item> {
  add: (item: Item) => void;
  stop: () => void;
}

/**
 * createMicroBatch keeps hundreds of messages that arrive in one task from
 * rendering the page once for each. A window of `ms` begins with the first of
 * them and is repeated until one passes in which no item was queued.
 */
export function createMicroBatch<Item>(
  handle: (items: readonly Item[]) => void,
  immediate = 5,
  ms = 20,
): MicroBatch<Item> {
  let handled = 0;
  let queued: Item[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;

  const flush = (): void => {
    timer = null;
    if (queued.length === 0) {
      handled = 0;
      return;
    }
    const items = queued;
    queued = [];
    timer = setTimeout(flush, ms);
    handle(items);
  };

  return {
    add(item) {
      timer ??= setTimeout(flush, ms);
      if (handled < immediate) {
        handled += 1;
        handle([item]);
      } else queued.push(item);
    },
    stop() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      queued = [];
      handled = 0;
    },
  };
}
