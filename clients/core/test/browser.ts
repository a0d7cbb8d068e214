import { BroadcastChannel } from 'node:worker_threads';
import type { Manager } from 'socket.io-client';
import { createConnection, type Connection, type ConnectionOptions } from '../src/index.js';
import { shareTabs, type ChannelPort, type LocksPort, type Tabs } from '../src/tabs/index.js';
import type { FakeServer } from '../src/testing/fake-server.js';
import { jwt, FakeEnvironment } from '../src/testing/fake-environment.js';
import { flush, pass } from './time.js';

// Taken before any test makes time stand still.
const realTurn = setImmediate;

interface Asked {
  readonly tab: Tab;
  readonly run: () => Promise<void>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

const aborted = (): Error => new DOMException('aborted', 'AbortError');

/** Web Locks as the specification has them, for tabs that a test freezes and kills. */
class Locks {
  readonly #held = new Map<string, Asked>();
  readonly #queues = new Map<string, Asked[]>();

  of(tab: Tab): LocksPort {
    return { request: (name, options, run) => this.#request(tab, name, options, run) };
  }

  #request(
    tab: Tab,
    name: string,
    options: { steal?: boolean; signal?: AbortSignal },
    run: () => Promise<void>,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const asked: Asked = { tab, run, resolve, reject };
      const queue = this.#queues.get(name) ?? [];
      this.#queues.set(name, queue);
      if (options.steal) {
        const robbed = this.#held.get(name);
        this.#held.delete(name);
        if (robbed)
          robbed.tab.later(() => {
            robbed.reject(aborted());
          });
        queue.unshift(asked);
      } else queue.push(asked);
      options.signal?.addEventListener('abort', () => {
        const place = queue.indexOf(asked);
        if (place < 0) return;
        queue.splice(place, 1);
        reject(aborted());
      });
      this.#pump(name);
    });
  }

  #pump(name: string): void {
    const next = this.#held.has(name) ? undefined : this.#queues.get(name)?.shift();
    if (!next) return;
    this.#held.set(name, next);
    next.tab.later(() => {
      // Robbed before it knew that it held it.
      if (this.#held.get(name) !== next) return;
      void next.run().then(() => {
        if (this.#held.get(name) !== next) return;
        this.#held.delete(name);
        next.resolve(undefined);
        this.#pump(name);
      });
    });
  }

  /** forget is what the browser does when a tab is gone. */
  forget(tab: Tab): void {
    for (const queue of this.#queues.values()) {
      for (const asked of queue.filter((each) => each.tab === tab)) queue.splice(queue.indexOf(asked), 1);
    }
    for (const [name, asked] of [...this.#held]) {
      if (asked.tab !== tab) continue;
      this.#held.delete(name);
      this.#pump(name);
    }
  }
}

/** One tab: a environment, its ends of the channels, and a connection on the stock client. */
export class Tab extends FakeEnvironment {
  readonly id: string;
  override readonly tabs: Tabs;
  readonly connection: Connection;
  readonly said: unknown[] = [];
  readonly heard: { kind: string; value: unknown; isForegroundTab: boolean | null }[] = [];
  /** Messages on their way to this tab. */
  pending = 0;
  frozen = false;
  asleep = false;
  dead = false;
  front = 0;
  readonly channels: { name: string; close(): void }[] = [];
  readonly #managers: Manager[] = [];
  readonly #waiting: (() => void)[] = [];
  #thawed: Promise<void> = Promise.resolve();
  #thaw: () => void = () => undefined;
  readonly #fronts = new Set<() => void>();
  readonly #hiddens = new Set<() => void>();
  readonly #frozens = new Set<(frozen: boolean) => void>();

  constructor(
    readonly browser: Browser,
    server: FakeServer,
    options: Partial<ConnectionOptions>,
  ) {
    super();
    browser.opened += 1;
    this.id = `tab${browser.opened}`;
    this.front = browser.opened;
    this.tabs = {
      locks: browser.locks.of(this),
      openChannel: (name) => this.#open(name),
      newId: () => this.id,
      lastUsedAt: () => this.front,
      onUsed: (run) => this.#listenTo(this.#fronts, run),
      onHidden: (run) => this.#listenTo(this.#hiddens, run),
      onFrozen: (run) => {
        this.#frozens.add(run);
        return () => this.#frozens.delete(run);
      },
    };
    this.connection = createConnection({
      token: () => jwt(Date.now() + 900_000),
      environment: this,
      share: shareTabs('budapest/anna'),
      createManager: (url, managerOptions) => {
        const manager = server.createManager(url, {
          ...managerOptions,
          gate: () => this.#thawed,
        } as typeof managerOptions);
        this.#managers.push(manager as unknown as Manager);
        return manager;
      },
      ...options,
    });
    const tell = (kind: string) => (value: unknown) => {
      this.heard.push({
        kind,
        value,
        isForegroundTab: (value as { isForegroundTab?: boolean }).isForegroundTab ?? null,
      });
    };
    for (const kind of ['event', 'replay', 'gap', 'reload', 'session', 'notifications', 'claim', 'signedOut'] as const)
      this.connection.on(kind, tell(kind));
    this.connection.start();
  }

  /** later runs in this tab's own turn: never when it is dead, and not while it is frozen. */
  later(run: () => void): void {
    queueMicrotask(() => {
      if (this.dead) return;
      if (this.frozen) this.#waiting.push(run);
      else run();
    });
  }

  #listenTo(runs: Set<() => void>, run: () => void): () => void {
    runs.add(run);
    return () => runs.delete(run);
  }

  #open(name: string): ChannelPort {
    const channel = new BroadcastChannel(name);
    channel.unref();
    const end = {
      name,
      close: () => {
        channel.close();
      },
    };
    this.channels.push(end);
    return {
      postMessage: (message) => {
        if (this.dead) return;
        this.said.push(message);
        for (const tab of this.browser.tabs)
          if (tab !== this) tab.pending += tab.channels.filter((other) => other.name === name).length;
        channel.postMessage(message);
      },
      addEventListener: (kind, run) => {
        channel.addEventListener(kind, ((message: { data: unknown }) => {
          this.pending -= 1;
          this.later(() => {
            run(message);
          });
        }) as never);
      },
      close: () => {
        this.channels.splice(this.channels.indexOf(end), 1);
        this.pending = 0;
        channel.close();
      },
    };
  }

  override setTimeout = (run: () => void, ms: number): ReturnType<typeof setTimeout> =>
    globalThis.setTimeout(() => {
      if (this.asleep) this.#waiting.push(run);
      else this.later(run);
    }, ms);

  get status(): string {
    return this.connection.getSnapshot().status;
  }

  /** The ids of the events it heard, single or in a replay. */
  get events(): string[] {
    return this.heard.flatMap(({ kind, value }) => {
      if (kind === 'event') return [(value as { event: { eventId: string } }).event.eventId];
      if (kind === 'replay')
        return (value as { deliveries: { event: { eventId: string } }[] }).deliveries.map(({ event }) => event.eventId);
      return [];
    });
  }

  kinds(...kinds: string[]): unknown[] {
    return this.heard.filter(({ kind }) => kinds.includes(kind)).map(({ value }) => value);
  }

  /** use is a click, or a look when it was hidden. */
  use(): void {
    this.front = Date.now();
    if (this.visible) for (const run of [...this.#fronts]) run();
    else this.show();
  }

  hide(): void {
    this.visible = false;
    for (const run of [...this.#hiddens]) run();
  }

  /** putToSleep is what a browser does to a tab that nobody looks at: no timers, no network, but it still hears the other tabs. */
  async putToSleep(): Promise<void> {
    this.hide();
    for (const run of [...this.#frozens]) run(true);
    // What it sent before, the browser still delivers.
    await this.browser.settle();
    this.asleep = true;
    this.#stopNetwork();
  }

  wakeUp(): void {
    this.asleep = false;
    this.thaw();
    for (const run of [...this.#frozens]) run(false);
    this.show();
  }

  freeze(): void {
    this.frozen = true;
    this.#stopNetwork();
  }

  #stopNetwork(): void {
    this.#thawed = new Promise((resolve) => {
      this.#thaw = resolve;
    });
  }

  thaw(): void {
    this.frozen = false;
    this.#thaw();
    for (const run of this.#waiting.splice(0)) this.later(run);
  }

  /** crash: nothing runs any more, and nobody says goodbye. */
  crash(): void {
    this.dead = true;
    this.browser.tabs.delete(this);
    for (const channel of this.channels.splice(0)) channel.close();
    this.pending = 0;
    for (const manager of this.#managers) {
      manager.reconnection(false);
      (manager.engine as { close(): unknown } | undefined)?.close();
    }
    this.browser.locks.forget(this);
  }

  close(): void {
    this.connection.stop();
    this.browser.tabs.delete(this);
  }
}

/** The tabs of one browser. */
export class Browser {
  readonly locks = new Locks();
  readonly tabs = new Set<Tab>();
  opened = 0;

  constructor(readonly server: FakeServer) {}

  async open(options: Partial<ConnectionOptions> = {}, prepare: (tab: Tab) => void = () => undefined): Promise<Tab> {
    const tab = new Tab(this, this.server, options);
    prepare(tab);
    this.tabs.add(tab);
    await this.settle();
    return tab;
  }

  /** settle waits until every message has arrived, and whatever it set off. */
  async settle(): Promise<void> {
    let calm = 0;
    while (calm < 4) {
      await flush();
      await new Promise<void>((resolve) => realTurn(resolve));
      calm = [...this.tabs].some(({ pending }) => pending > 0) ? 0 : calm + 1;
    }
  }

  /** pass lets time go by in small steps, so that tabs can answer each other and the server can ping. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 1000) {
      await pass(Math.min(left, 1000));
      if (left % 10_000 < 1000) for (const link of this.server.open) link.ping();
      await this.settle();
    }
  }

  async close(): Promise<void> {
    for (const tab of [...this.tabs]) {
      tab.thaw();
      tab.close();
    }
    await this.settle();
  }
}
