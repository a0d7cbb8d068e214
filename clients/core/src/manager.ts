import { Manager, type ManagerOptions, type SocketOptions } from 'socket.io-client';

/** The namespace of the dashboard's feed. */
export const namespace = '/ws/dashboard';

type Run = (...args: unknown[]) => void;

/** What a socket is asked to do, as the stock client does it. */
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

/** What a manager is asked to do, as the stock client does it. */
export interface ManagerPort {
  /** What the next engine is made with. */
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

/** The stock client's options. The backoff of backoff.ts steers the delays from there on. */
export const managerOptions: Partial<ManagerOptions> = {
  path: '/socket.io/',
  autoConnect: false,
  reconnectionDelay: 3000,
  reconnectionDelayMax: 30000,
  randomizationFactor: 0.1,
  timeout: 10000,
  transports: ['websocket', 'polling'],
  tryAllTransports: true,
};

/**
 * createStockManager makes a Manager of its own for each login: `io()` would
 * share one between users, with the last one's position in it.
 */
export const createStockManager: CreateManager = (url, options) =>
  url === undefined ? new Manager(options) : new Manager(url, options);

/**
 * swapTransports lets the next try begin with the other transport. The stock
 * client turns to polling when a WebSocket fails, but not when it is never
 * answered, as behind some proxies: it would wait for WebSockets for ever.
 */
export function swapTransports(manager: ManagerPort): void {
  const { transports } = manager.opts;
  if (transports) manager.opts.transports = [...transports].reverse() as typeof transports;
}

/**
 * setNextDelay makes the manager's next wait exactly `ms`: its own back-off starts anew
 * whenever a transport opens, ours after ten seconds of life. To be called while
 * the manager emits `error` (a try failed) or `close` (a connection ended): it
 * computes its wait right after those.
 */
export function setNextDelay(manager: ManagerPort, ms: number): void {
  manager.randomizationFactor(0);
  manager.reconnectionDelay(ms);
  manager.reconnectionDelayMax(ms);
}
