import { Transport } from 'engine.io-client';
import { Decoder, Encoder, PacketType, type Packet } from 'socket.io-parser';
import { Manager, type ManagerOptions } from 'socket.io-client';
import type { CreateManager, SessionInfo } from '../index.js';

interface EnginePacket {
  readonly type: string;
  readonly data?: string;
}

const namespace = '/ws/dashboard';
const { process } = globalThis as { process?: { nextTick(run: () => void): void } };
const nextTick = (run: () => void): void => {
  if (process) process.nextTick(run);
  else queueMicrotask(run);
};

/** The server's end of one transport. */
export class Link {
  /** What the client's CONNECT carried, once per CONNECT. */
  readonly connects: Record<string, unknown>[] = [];
  readonly received: { name: string; args: unknown[]; ack: ((...args: unknown[]) => void) | null }[] = [];
  clientLeft = false;
  closed = false;
  /** A silent link answers nothing: half-open. */
  silent = false;
  readonly #encoder = new Encoder();
  readonly #decoder = new Decoder();

  constructor(
    private readonly server: FakeServer,
    private readonly transport: { deliver(packet: EnginePacket): void; cut(): void },
  ) {
    this.#decoder.on('decoded', (packet: Packet) => {
      this.#handle(packet);
    });
  }

  #handle(packet: Packet): void {
    if (packet.type === PacketType.CONNECT) {
      this.server.namespaces.push(packet.nsp);
      this.connects.push((packet.data ?? {}) as Record<string, unknown>);
      this.server.onConnect?.(this);
    } else if (packet.type === PacketType.DISCONNECT) this.clientLeft = true;
    else if (packet.type === PacketType.EVENT) {
      const [name, ...args] = packet.data as [string, ...unknown[]];
      const { id } = packet;
      const ack =
        id === undefined
          ? null
          : (...answer: unknown[]) => {
              this.#send({ type: PacketType.ACK, nsp: namespace, id, data: answer });
            };
      this.received.push({ name, args, ack });
      this.server.onMessage?.(this, name, args, ack);
    }
  }

  #send(packet: Packet): void {
    if (this.closed || this.silent) return;
    for (const data of this.#encoder.encode(packet)) this.transport.deliver({ type: 'message', data: data as string });
  }

  fromClient(packets: EnginePacket[]): void {
    if (this.silent) return;
    for (const { type, data } of packets) if (type === 'message' && data !== undefined) this.#decoder.add(data);
  }

  get connect(): Record<string, unknown> {
    const last = this.connects[this.connects.length - 1];
    if (!last) throw new Error('no CONNECT came');
    return last;
  }

  messages(name: string): unknown[][] {
    return this.received.filter((message) => message.name === name).map(({ args }) => args);
  }

  accept(pid = 'pid-1'): void {
    this.#send({ type: PacketType.CONNECT, nsp: namespace, data: { sid: `sid-${this.server.links.length}`, pid } });
  }

  emit(name: string, ...args: unknown[]): void {
    this.#send({ type: PacketType.EVENT, nsp: namespace, data: [name, ...args] });
  }

  session(patch: Partial<SessionInfo> = {}): void {
    const session = { ...defaultSession(), ...patch };
    this.emit('session', session, session.position);
  }

  /** welcome is CONNECT and `session` together. */
  welcome(patch: Partial<SessionInfo> = {}, pid = 'pid-1'): void {
    this.accept(pid);
    this.session(patch);
  }

  refuse(code: string, data: Record<string, unknown> = {}): void {
    this.#send({
      type: PacketType.CONNECT_ERROR,
      nsp: namespace,
      data: { message: code, data: { code, ...data } },
    });
  }

  refuseWithoutCode(message: string): void {
    this.#send({ type: PacketType.CONNECT_ERROR, nsp: namespace, data: { message } });
  }

  disconnect(): void {
    this.#send({ type: PacketType.DISCONNECT, nsp: namespace });
  }

  ping(): void {
    this.transport.deliver({ type: 'ping' });
  }

  cut(): void {
    this.closed = true;
    this.transport.cut();
  }
}

function defaultSession(): SessionInfo {
  return {
    connectionId: 'c1',
    tenantId: 'budapest',
    role: 'STORE_MANAGER',
    rooms: ['tenant:budapest:all', 'tenant:budapest:managers'],
    position: 'e1:m:10',
    head: 'e1:m:10',
    recovered: false,
    replayed: 0,
    gap: null,
    version: 1,
    serverTime: new Date().toISOString(),
    tokenExpiresAt: new Date(Date.now() + 900_000).toISOString(),
  };
}

/** What happens to the next dial: it opens, fails at once, or never answers. */
export type DialMode = 'accept' | 'refuse' | 'hang';

/**
 * An Engine.IO transport in memory, for one server. Everything above it is the
 * stock client itself.
 */
function transportTo(server: FakeServer, called: string) {
  return class MemoryTransport extends Transport {
    link: Link | null = null;
    tail: Promise<void> = Promise.resolve();

    /** Like a browser's tasks: what one message sets off is done before the next one comes. */
    later(run: () => void): void {
      this.tail = this.tail.then(async () => {
        // The network of a frozen tab waits.
        await (this.opts as { gate?: () => Promise<void> }).gate?.();
        run();
        // The stock client's Node build hands packets on by process.nextTick.
        for (let turn = 0; turn < 3; turn += 1)
          await new Promise<void>((resolve) => {
            nextTick(resolve);
          });
      });
    }

    // On the prototype, where the stock client looks for it.
    get name(): string {
      return called;
    }

    doOpen(): void {
      server.dials += 1;
      server.dialTimes.push(Date.now());
      server.dialled.push(called);
      if (server.mode === 'hang') return;
      this.later(() => {
        if (this.readyState !== 'opening') return;
        if (server.mode === 'refuse') {
          this.onError('refused', undefined, undefined);
          return;
        }
        this.onOpen();
        this.link = new Link(server, this);
        server.links.push(this.link);
        this.deliver({
          type: 'open',
          data: JSON.stringify({
            sid: `e${server.links.length}`,
            upgrades: [],
            pingInterval: 10_000,
            pingTimeout: 5000,
            maxPayload: 1e6,
          }),
        });
      });
    }

    deliver(packet: EnginePacket): void {
      this.later(() => {
        if (this.readyState === 'open') this.onPacket(packet as Parameters<Transport['onPacket']>[0]);
      });
    }

    cut(): void {
      this.later(() => {
        if (this.readyState === 'open') this.onClose();
      });
    }

    write(packets: EnginePacket[]): void {
      this.writable = false;
      const batch = [...packets];
      this.later(() => {
        this.link?.fromClient(batch);
        this.writable = true;
        this.emitReserved('drain');
      });
    }

    doClose(): void {
      if (this.link) this.link.closed = true;
    }
  };
}

export class FakeServer {
  mode: DialMode = 'accept';
  dials = 0;
  readonly dialTimes: number[] = [];
  /** What the transports are called, in the order of preference, and which was dialled when. */
  transports: readonly string[] = ['memory'];
  readonly dialled: string[] = [];
  readonly links: Link[] = [];
  managers = 0;
  lastOptions: Partial<ManagerOptions> | null = null;
  /** The namespaces of the CONNECTs. */
  readonly namespaces: string[] = [];
  onConnect: ((link: Link) => void) | null = null;
  onMessage: ((link: Link, name: string, args: unknown[], ack: ((...args: unknown[]) => void) | null) => void) | null =
    null;

  /** The real Manager and Socket, over a transport in memory. */
  readonly createManager: CreateManager = (_url, options) => {
    this.managers += 1;
    this.lastOptions = options;
    return new Manager('http://shop.test', {
      ...options,
      transports: this.transports.map((called) => transportTo(this, called)) as unknown as NonNullable<
        ManagerOptions['transports']
      >,
    });
  };

  get link(): Link {
    const last = this.links[this.links.length - 1];
    if (!last) throw new Error('nobody connected');
    return last;
  }

  get open(): Link[] {
    return this.links.filter((link) => !link.closed);
  }
}
