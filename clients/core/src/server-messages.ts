/** Why a reconnect could not bring everything; `hole` is found by the client itself. */
export type GapReason = 'epoch' | 'ahead' | 'expired' | 'overflow' | 'hole';

/** What is missing. `missed` is null when nobody can tell how many. */
export interface Gap {
  readonly reason: GapReason;
  readonly missed: number | null;
}

/** The first message of every connection. */
export interface SessionInfo {
  readonly connectionId: string;
  readonly tenantId: string;
  readonly role: string;
  readonly rooms: readonly string[];
  readonly position: string;
  readonly head: string;
  readonly recovered: boolean;
  readonly replayed: number;
  readonly gap: Gap | null;
  readonly version: number;
  readonly serverTime: string;
  readonly tokenExpiresAt: string;
}

/** Sent before the server ends a connection. */
export interface Goodbye {
  readonly code: string;
  readonly reconnect: boolean;
  readonly retryAfterMs: number | null;
}

/** The user's unread count as the server knows it at `head`. */
export interface NotificationCount {
  readonly unreadCount: number;
  readonly head: string;
  readonly version: number;
}

/** Somebody took an event upon himself, or (`by` null) gave it back. */
export interface Claim {
  readonly eventId: string;
  readonly by: { readonly id: string; readonly name: string } | null;
  readonly at: string | null;
}

/**
 * The user asked for a test alert, here or on another device. `at` is its commit
 * and `sentAt` when the server wrote it to this connection, RFC 3339 in UTC.
 */
export interface TestAlert {
  readonly id: string;
  readonly at: string;
  readonly sentAt: string;
  readonly by: { readonly id: string; readonly name: string };
}

/** The user signed in on a device that is new to the account; `at` is RFC 3339 in UTC. */
export interface NewLogin {
  /** What the device calls itself: "Firefox, Linux". */
  readonly device: string;
  readonly at: string;
}

/** What CONNECT_ERROR carries in `data`. */
export interface Refusal {
  readonly code: string;
  readonly retryAfterMs: number | null;
  readonly limit: number | null;
}

type Fields = Record<string, unknown>;

function fields(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null ? (value as Fields) : null;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}

const serverReasons: readonly string[] = ['epoch', 'ahead', 'expired', 'overflow'];

function parseGap(value: unknown): Gap | null {
  const gap = fields(value);
  if (!gap) return null;
  // A reason that this client does not know is still a gap: nothing is ever silently missing.
  const reason = serverReasons.includes(text(gap['reason'])) ? (gap['reason'] as GapReason) : 'epoch';
  return { reason, missed: count(gap['missed']) };
}

export function parseSession(value: unknown): SessionInfo | null {
  const session = fields(value);
  if (!session || typeof session['recovered'] !== 'boolean') return null;
  const rooms = session['rooms'];
  return {
    connectionId: text(session['connectionId']),
    tenantId: text(session['tenantId']),
    role: text(session['role']),
    rooms: Array.isArray(rooms) ? rooms.filter((room): room is string => typeof room === 'string') : [],
    position: text(session['position']),
    head: text(session['head']),
    recovered: session['recovered'],
    replayed: count(session['replayed']) ?? 0,
    gap: parseGap(session['gap']),
    version: count(session['version']) ?? 0,
    serverTime: text(session['serverTime']),
    tokenExpiresAt: text(session['tokenExpiresAt']),
  };
}

export function parseGoodbye(value: unknown): Goodbye | null {
  const goodbye = fields(value);
  if (!goodbye || typeof goodbye['code'] !== 'string') return null;
  return {
    code: goodbye['code'],
    reconnect: goodbye['reconnect'] !== false,
    retryAfterMs: count(goodbye['retryAfterMs']),
  };
}

export function parseNotificationCount(value: unknown): NotificationCount | null {
  const message = fields(value);
  const unreadCount = count(message?.['unreadCount']);
  const version = count(message?.['version']);
  if (!message || unreadCount === null || version === null) return null;
  return { unreadCount, version, head: text(message['head']) };
}

export function parseClaim(value: unknown): Claim | null {
  const claim = fields(value);
  if (!claim || typeof claim['eventId'] !== 'string') return null;
  const by = fields(claim['by']);
  return {
    eventId: claim['eventId'],
    by: by ? { id: text(by['id']), name: text(by['name']) } : null,
    at: typeof claim['at'] === 'string' ? claim['at'] : null,
  };
}

export function parseTestAlert(value: unknown): TestAlert | null {
  const alert = fields(value);
  const by = fields(alert?.['by']);
  if (!alert || text(alert['id']) === '') return null;
  return {
    id: text(alert['id']),
    at: text(alert['at']),
    sentAt: text(alert['sentAt']),
    by: { id: text(by?.['id']), name: text(by?.['name']) },
  };
}

export function parseNewLogin(value: unknown): NewLogin | null {
  const login = fields(value);
  if (!login || typeof login['at'] !== 'string') return null;
  return { device: text(login['device']), at: login['at'] };
}

/** parseRefusal reads the `data` of a connect_error; null means a fault of the transport. */
export function parseRefusal(error: unknown): Refusal | null {
  const data = fields(fields(error)?.['data']);
  if (!data || typeof data['code'] !== 'string') return null;
  return { code: data['code'], retryAfterMs: count(data['retryAfterMs']), limit: count(data['limit']) };
}

/** An acknowledgement of `refresh`. */
export interface RefreshAnswer {
  readonly ok: boolean;
  readonly tokenExpiresAt: string;
  readonly code: string;
}

export function parseRefreshAnswer(value: unknown): RefreshAnswer {
  const answer = fields(value);
  return {
    ok: answer?.['ok'] === true,
    tokenExpiresAt: text(answer?.['tokenExpiresAt']),
    code: text(fields(answer?.['error'])?.['code']),
  };
}

/** serverTimeOf reads `{serverTime}` as Unix milliseconds. */
export function serverTimeOf(value: unknown): number | null {
  const time = Date.parse(text(fields(value)?.['serverTime']));
  return Number.isNaN(time) ? null : time;
}
