import { FakeServer, type Link } from '../src/testing/fake-server.js';
import { rental } from '../src/testing/fake-environment.js';

/** A server with a feed: it replays after the offset that a client names, and a seat has one connection. */
export class FeedServer extends FakeServer {
  head = 10;
  /** How far back it can replay. */
  window = 50;
  readonly #welcomed = new Map<Link, string>();
  #seats = 0;

  constructor() {
    super();
    this.onConnect = (link) => {
      this.#welcome(link);
    };
    this.onMessage = (_link, name, _args, ack) =>
      ack?.(name === 'clock' ? { serverTime: new Date().toISOString() } : { ok: true });
  }

  #welcome(link: Link): void {
    const { pid, offset } = link.connect as { pid?: string; offset?: string };
    const known = typeof offset === 'string' ? Number(offset.split(':')[2]) : null;
    const seat = pid ?? `pid-${(this.#seats += 1)}`;
    for (const [other, taken] of this.#welcomed) {
      if (taken !== seat || other === link) continue;
      this.#welcomed.delete(other);
      other.disconnect();
      other.cut();
    }
    this.#welcomed.set(link, seat);
    const place = (number: number): string => `e1:m:${number}`;
    if (known === null) {
      link.welcome({ connectionId: `c${this.links.length}`, position: place(this.head), head: place(this.head) }, seat);
      return;
    }
    const from = Math.max(known, this.head - this.window);
    const gap = from > known ? { reason: 'overflow' as const, missed: from - known } : null;
    link.welcome(
      {
        connectionId: `c${this.links.length}`,
        position: place(from),
        head: place(this.head),
        recovered: gap === null,
        replayed: this.head - from,
        gap,
      },
      seat,
    );
    for (let number = from + 1; number <= this.head; number += 1)
      link.emit('rental_created', rental(number), place(number));
  }

  /** commit makes an event and sends it to whoever is there. */
  commit(): string {
    this.head += 1;
    for (const link of this.#welcomed.keys())
      if (!link.closed) link.emit('rental_created', rental(this.head), `e1:m:${this.head}`);
    return `event-${this.head}`;
  }
}
