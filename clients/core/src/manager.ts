import { Manager, type ManagerOptions, type SocketOptions } from 'socket.io-client';

/** The namespace of the feeds. */
export const defaultNamespace = '/ws/dashboard';

type Run = (...args: unknown[]) => void;

/** The part of the stock client's Socket that is used here. */
export interface SocketPort {
  readonly connected: boolean;
  /** active is false when the stock client will not try again by itself. */
  readonly active: boolean;
  connect(): unknown;
  disconnect(): unknown;
  on(name: 'connect_error' | 'disconnect', run: Run): unknown;
  off(): unknown;
  onAny(run: Run): unknown;
  offAny(): unknown;
  /** timeout makes the acknowledgement that follows an error-first one with a limit. */
  timeout(ms: number): { emit(name: string, ...args: unknown[]): unknown };
}

/** The part of the stock client's Manager that is used here. */
export interface ManagerPort {
  /** The options of the next transport. */
  readonly opts: { transports?: ManagerOptions['transports'] | undefined };
  readonly engine: { close(): unknown; readonly transport?: { readonly name: string } | undefined } | undefined;
  socket(name: string, options: Pick<SocketOptions, 'auth'>): SocketPort;
  on(name: 'open' | 'error' | 'close' | 'reconnect_attempt' | 'packet', run: Run): unknown;
  off(): unknown;
  reconnectionDelay(ms: number): unknown;
  reconnectionDelayMax(ms: number): unknown;
  randomizationFactor(factor: number): unknown;
}

export type CreateManager = (url: string | undefined, options: Partial<ManagerOptions>) => ManagerPort;

/** The stock client's options. backoff.ts sets every later delay. */
export const managerOptions = {
  path: '/socket.io/',
  autoConnect: false,
  reconnectionDelay: 3000,
  reconnectionDelayMax: 30000,
  randomizationFactor: 0.1,
  timeout: 10000,
  transports: ['websocket', 'polling'],
  tryAllTransports: true,
} satisfies Partial<ManagerOptions>;

/** createStockManager makes a new Manager for each connection: `io()` would share one, and its offset, between users. */
export const createStockManager: CreateManager = (url, options) =>
  url === undefined ? new Manager(options) : new Manager(url, options);

/**
 * swapTransports lets the next try begin with the other transport. The stock client tries polling when a WebSocket
 * fails, but not when it is never answered, as behind some proxies.
 */
export function swapTransports(manager: ManagerPort): void {
  const { transports } = manager.opts;
  if (transports) manager.opts.transports = [...transports].reverse() as typeof transports;
}

/**
 * setNextDelay makes the manager's next wait exactly `ms`: its own backoff restarts whenever a transport opens, ours
 * after a connection of 10 s. Call it while the manager emits `error` or `close`: it computes its wait right after.
 */
export function setNextDelay(manager: ManagerPort, ms: number): void {
  manager.randomizationFactor(0);
  manager.reconnectionDelay(ms);
  manager.reconnectionDelayMax(ms);
}
