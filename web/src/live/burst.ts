/** Hands on what comes: the first few at once, what follows within the window together. */
export interface Burst<Item> {
  add: (item: Item) => void;
  stop: () => void;
}

/**
 * createBurst keeps hundreds of messages that arrive in one turn from drawing
 * the page once for each. A window of `ms` begins with the first of them; it
 * ends when one went by in which nothing had to wait.
 */
export function createBurst<Item>(hand: (items: readonly Item[]) => void, few = 5, ms = 20): Burst<Item> {
  let handed = 0;
  let waiting: Item[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;

  const turn = (): void => {
    timer = null;
    if (waiting.length === 0) {
      handed = 0;
      return;
    }
    const items = waiting;
    waiting = [];
    timer = setTimeout(turn, ms);
    hand(items);
  };

  return {
    add(item) {
      timer ??= setTimeout(turn, ms);
      if (handed < few) {
        handed += 1;
        hand([item]);
      } else waiting.push(item);
    },
    stop() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      waiting = [];
      handed = 0;
    },
  };
}
