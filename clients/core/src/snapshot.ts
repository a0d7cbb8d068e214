import type { ConnectionState } from './connection-machine.js';
import type { SessionInfo } from './server-messages.js';

/**
 * `connected`; `reconnecting`: a try runs or will come by itself; `disconnected`:
 * none will come by itself (browser offline, signed out, refused, stopped).
 */
export type ConnectionStatus = 'connected' | 'reconnecting' | 'disconnected';

/** Why the connection is not there; the server's codes are passed on unchanged. */
export type ConnectionReason =
  | 'CONNECTING'
  | 'NETWORK'
  | 'OFFLINE'
  | 'STOPPED'
  | 'SIGNED_OUT'
  | 'UNAUTHENTICATED'
  | 'TOKEN_EXPIRED'
  | 'FORBIDDEN'
  | 'PASSWORD_CHANGE_REQUIRED'
  | 'ORIGIN_REFUSED'
  | 'TENANT_CONNECTION_LIMIT'
  | 'USER_CONNECTION_LIMIT'
  | 'LOGGED_OUT'
  | 'USER_DISABLED'
  | 'CLOSED_BY_ADMIN'
  | 'ROLE_CHANGED'
  | 'SLOW_CONSUMER'
  | 'SERVER_DRAINING'
  | 'RATE_LIMITED'
  | 'FEEDS_RESET'
  // Codes that a later server may add stay readable.
  | (string & Record<never, never>);

/** What the last question about the time showed. */
export interface ClockComparison {
  /** How far the server's clock is ahead of this device's, milliseconds; good to half of `roundTripMs`. */
  readonly offsetMs: number;
  readonly roundTripMs: number;
  /** When the answer came, Unix milliseconds of this device. */
  readonly at: number;
}

/** What is true now. A new object on every change, the same one in between. */
export interface ConnectionSnapshot {
  readonly status: ConnectionStatus;
  /** null while connected. */
  readonly reason: ConnectionReason | null;
  /** When the next try will come, Unix milliseconds; null when none is planned. */
  readonly retryAt: number | null;
  /** Arrival of the newest feed event, Unix milliseconds of this device. */
  readonly lastDeliveryAt: number | null;
  /** From the newest live event's commit to its arrival, milliseconds, by the server's clock. */
  readonly lastDeliveryMs: number | null;
  /** The newest session; kept while the connection is away. */
  readonly session: SessionInfo | null;
  /** The limit, when TENANT_CONNECTION_LIMIT or USER_CONNECTION_LIMIT is the reason. */
  readonly limit: number | null;
  /** Since when `session` has been there, Unix milliseconds of this device; null while it is not. */
  readonly connectedAt: number | null;
  /** `websocket` or `polling`, null while not connected. */
  readonly transport: string | null;
  /** Compared shortly after `session` and on each retryNow; null before the first answer. */
  readonly clock: ClockComparison | null;
}

/** connectionFields are the parts of a snapshot that follow from the state of the connection. */
export function connectionFields(
  state: ConnectionState,
  online: boolean,
  transport: string | null,
): Pick<ConnectionSnapshot, 'status' | 'reason' | 'retryAt' | 'limit' | 'connectedAt' | 'transport'> {
  if (state.phase === 'open') {
    return { status: 'connected', reason: null, retryAt: null, limit: null, connectedAt: state.since, transport };
  }
  const {
    phase,
    cause: { reason, limit },
  } = state;
  const away = { limit, connectedAt: null, transport: null };
  const trying = phase === 'connecting' || phase === 'waiting';
  if (!trying) return { ...away, status: 'disconnected', reason, retryAt: null };
  if (!online) return { ...away, status: 'disconnected', reason: 'OFFLINE', retryAt: null };
  return { ...away, status: 'reconnecting', reason, retryAt: phase === 'waiting' ? state.retryAt : null };
}

export function sameSnapshot(a: ConnectionSnapshot, b: ConnectionSnapshot): boolean {
  return (Object.keys(a) as (keyof ConnectionSnapshot)[]).every((key) => Object.is(a[key], b[key]));
}

export const stoppedSnapshot: ConnectionSnapshot = {
  status: 'disconnected',
  reason: 'STOPPED',
  retryAt: null,
  lastDeliveryAt: null,
  lastDeliveryMs: null,
  session: null,
  limit: null,
  connectedAt: null,
  transport: null,
  clock: null,
};
