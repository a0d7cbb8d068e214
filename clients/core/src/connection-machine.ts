import { backoffDelay } from './backoff.js';
import type { Goodbye, Refusal, SessionInfo } from './server-messages.js';
import type { ConnectionReason } from './snapshot.js';
import { timing } from './timing.js';

/** What outlives a single try. */
export interface Progress {
  /** Waits of the backoff since it was last restarted. */
  readonly attempts: number;
  /** The next try begins with polling. */
  readonly pollingFirst: boolean;
  /** TOKEN_EXPIRED has led to a renewal since the last session: the next one is final. */
  readonly tokenRenewed: boolean;
}

/** Why there is no connection. `limit` is the server's when a connection limit is the reason. */
export interface Cause {
  readonly reason: ConnectionReason;
  readonly limit: number | null;
}

/** No socket exists. */
export interface Stopped {
  readonly phase: 'stopped';
  readonly progress: Progress;
  readonly cause: Cause;
}

/** A try runs: from dialling until `session` arrives. */
export interface Connecting {
  readonly phase: 'connecting';
  readonly progress: Progress;
  readonly cause: Cause;
  readonly since: number;
  /** A person or the browser asked for this try: its failure does not lengthen the backoff. */
  readonly manual: boolean;
  readonly transportOpen: boolean;
}

/** A try is planned for `retryAt`. */
export interface Waiting {
  readonly phase: 'waiting';
  readonly progress: Progress;
  readonly cause: Cause;
  readonly retryAt: number;
}

/** `session` has arrived. */
export interface Open {
  readonly phase: 'open';
  readonly progress: Progress;
  readonly since: number;
  /** The server was asked for a sign of life and has not answered yet. */
  readonly probing: boolean;
  /** The server has announced that it ends this connection. */
  readonly goodbye: Goodbye | null;
}

/** No try comes by itself; a person can ask for one. */
export interface Refused {
  readonly phase: 'refused';
  readonly progress: Progress;
  readonly cause: Cause;
}

export type ConnectionState = Stopped | Connecting | Waiting | Open | Refused;

export type ConnectionEvent =
  /** `resume` continues the wait of another tab's connection. */
  | { readonly type: 'start'; readonly resume: { readonly retryAt: number; readonly cause: Cause } | null }
  | { readonly type: 'stop' }
  | { readonly type: 'transportOpen' }
  /** The transport did not open; the stock client retries by itself. */
  | { readonly type: 'transportFailed'; readonly timedOut: boolean }
  /** `active`: the stock client retries by itself. */
  | { readonly type: 'transportClosed'; readonly active: boolean }
  /** A try of the stock client begins. */
  | { readonly type: 'retry' }
  | { readonly type: 'retryTimer' }
  | { readonly type: 'session'; readonly session: SessionInfo }
  | { readonly type: 'goodbye'; readonly goodbye: Goodbye }
  /** CONNECT_ERROR with a code of the server, or without one. */
  | { readonly type: 'connectError'; readonly refusal: Refusal | null }
  | { readonly type: 'namespaceClosed' }
  /** The browser came online, the tab visible, the machine out of sleep; `manual`: a person asks. */
  | { readonly type: 'wake'; readonly manual: boolean }
  | { readonly type: 'offline' }
  | { readonly type: 'probed'; readonly alive: boolean }
  /** The token cannot be renewed: the session is over. */
  | { readonly type: 'signedOut' }
  /** The page, or its token, may not connect. */
  | { readonly type: 'refused'; readonly reason: 'FORBIDDEN' | 'ORIGIN_REFUSED' };

/** When an event happened, Unix milliseconds, and the chance in [0, 1) for the jitter of a wait. */
export interface Moment {
  readonly now: number;
  readonly chance: number;
}

/** Deferred effects run in a microtask: not inside the stock client's own handlers. */
export type ConnectionEffect =
  | { readonly type: 'connect' }
  | { readonly type: 'reconnect'; readonly deferred: boolean }
  | { readonly type: 'disconnect'; readonly deferred: boolean }
  /** setRetryTimer is for what the stock client never retries by itself. */
  | { readonly type: 'setRetryTimer'; readonly ms: number }
  | { readonly type: 'setManagerDelay'; readonly ms: number }
  | { readonly type: 'swapTransports' }
  | { readonly type: 'invalidateToken' }
  | { readonly type: 'probe' }
  | { readonly type: 'checkOrigin' }
  | { readonly type: 'beginSession'; readonly session: SessionInfo }
  | { readonly type: 'tearDown'; readonly signedOut: boolean; readonly deferred: boolean };

export type Transition = readonly [ConnectionState, ...(readonly ConnectionEffect[])];

export const initialState: Stopped = {
  phase: 'stopped',
  progress: { attempts: 0, pollingFirst: false, tokenRenewed: false },
  cause: { reason: 'STOPPED', limit: null },
};

/** After this many waits without a session the page asks whether its origin is allowed. */
const originCheckAfter = 2;
/** The codes of a goodbye after which the session itself is over. */
const signOutCodes: readonly string[] = ['LOGGED_OUT', 'USER_DISABLED'];

/** The codes of a refusal that no retry changes; TOKEN_EXPIRED once the token was renewed. */
const finalCodes: readonly string[] = ['TOKEN_EXPIRED', 'UNAUTHENTICATED', 'FORBIDDEN', 'PASSWORD_CHANGE_REQUIRED'];

const because = (reason: ConnectionReason, limit: number | null = null): Cause => ({ reason, limit });
const network = because('NETWORK');

/** A connection that lived long enough restarts the backoff. */
function progressAfter(state: ConnectionState, now: number): Progress {
  const lived = state.phase === 'open' && now - state.since >= timing.lifeBeforeRestart;
  return lived ? { ...state.progress, attempts: 0 } : state.progress;
}

/** fail plans the next try after one, or a connection, that ended with `cause`; `least` is the server's wait. */
function fail(
  state: ConnectionState,
  { now, chance }: Moment,
  cause: Cause,
  least = 0,
): { state: Waiting; ms: number } {
  const progress = progressAfter(state, now);
  const goodbye = state.phase === 'open' ? state.goodbye : null;
  const manual = state.phase === 'connecting' && state.manual;
  let { attempts } = progress;
  let ms = state.phase === 'open' && state.probing ? 0 : goodbye?.retryAfterMs;
  if (ms == null) {
    ms = backoffDelay(manual ? Math.max(attempts - 1, 0) : attempts, chance);
    if (!manual) attempts += 1;
  }
  ms = Math.max(ms, least);
  return {
    state: {
      phase: 'waiting',
      progress: { ...progress, attempts },
      cause: goodbye ? because(goodbye.code) : cause,
      retryAt: now + ms,
    },
    ms,
  };
}

/** The stock client retries by itself; its next wait is set. */
function managerRetries(state: ConnectionState, moment: Moment): Transition {
  const { state: next, ms } = fail(state, moment, network);
  return [next, { type: 'setManagerDelay', ms }];
}

function timerRetries(state: ConnectionState, moment: Moment, cause: Cause, least?: number): Transition {
  const { state: next, ms } = fail(state, moment, cause, least);
  return [next, { type: 'setRetryTimer', ms }];
}

function refuse(state: ConnectionState, { now }: Moment, reason: ConnectionReason): Refused {
  return { phase: 'refused', progress: progressAfter(state, now), cause: because(reason) };
}

function end(
  { progress }: ConnectionState,
  reason: ConnectionReason,
  signedOut: boolean,
  deferred = false,
): Transition {
  return [
    { phase: 'stopped', progress, cause: because(reason) },
    { type: 'tearDown', signedOut, deferred },
  ];
}

function connecting(progress: Progress, cause: Cause, since: number, manual: boolean): Connecting {
  return { phase: 'connecting', progress, cause, since, manual, transportOpen: false };
}

function reconnect(state: ConnectionState, { now }: Moment, manual: boolean): Transition {
  const cause = state.phase === 'open' ? network : state.cause;
  return [connecting(progressAfter(state, now), cause, now, manual), { type: 'reconnect', deferred: false }];
}

function probe(state: Open): Transition {
  return state.probing ? [state] : [{ ...state, probing: true }, { type: 'probe' }];
}

/** closed is for a connection that the server ended; without `active` nobody but us retries. */
function closed(state: ConnectionState, moment: Moment, active: boolean): Transition {
  const goodbye = state.phase === 'open' ? state.goodbye : null;
  if (goodbye?.reconnect === false) {
    if (signOutCodes.includes(goodbye.code)) return end(state, goodbye.code, true, active);
    return [refuse(state, moment, goodbye.code), { type: 'disconnect', deferred: active }];
  }
  return active ? managerRetries(state, moment) : timerRetries(state, moment, network);
}

function failedTransport(state: ConnectionState, moment: Moment, timedOut: boolean): Transition {
  // While a transport is open, `transportClosed` follows and counts.
  if (state.phase === 'open' || (state.phase === 'connecting' && state.transportOpen)) return [state];
  const [next, ...effects] = managerRetries(state, moment);
  const { progress } = next;
  if (progress.attempts >= originCheckAfter) effects.push({ type: 'checkOrigin' });
  if (!timedOut) return [next, ...effects];
  return [
    { ...next, progress: { ...progress, pollingFirst: !progress.pollingFirst } },
    ...effects,
    { type: 'swapTransports' },
  ];
}

function refusedConnect(state: ConnectionState, moment: Moment, { code, limit, retryAfterMs }: Refusal): Transition {
  if (code === 'TOKEN_EXPIRED' && !state.progress.tokenRenewed) {
    const renewed = { ...progressAfter(state, moment.now), tokenRenewed: true };
    return [
      connecting(renewed, because(code), moment.now, true),
      { type: 'invalidateToken' },
      { type: 'reconnect', deferred: true },
    ];
  }
  if (finalCodes.includes(code)) return [refuse(state, moment, code)];
  // A connection limit, or a code of a later server.
  return timerRetries(state, moment, because(code, limit), retryAfterMs ?? 0);
}

/**
 * transition is the whole behaviour of a connection: the next state, and what is to be done about it, in order.
 * It is pure. An event that means nothing in a state leaves it as it is.
 */
export function transition(state: ConnectionState, event: ConnectionEvent, moment: Moment): Transition {
  const { now } = moment;
  const { phase, progress } = state;
  if (phase === 'stopped') {
    // A tear-down may still be deferred.
    if (event.type === 'stop') return [state, { type: 'tearDown', signedOut: false, deferred: false }];
    if (event.type !== 'start') return [state];
    const { resume } = event;
    return resume && resume.retryAt > now
      ? [
          { phase: 'waiting', progress, ...resume },
          { type: 'setRetryTimer', ms: resume.retryAt - now },
        ]
      : [connecting(progress, because('CONNECTING'), now, false), { type: 'connect' }];
  }
  switch (event.type) {
    case 'stop':
      return end(state, 'STOPPED', false);
    case 'transportOpen':
      return [phase === 'connecting' ? { ...state, transportOpen: true } : state];
    case 'transportFailed':
      return failedTransport(state, moment, event.timedOut);
    case 'transportClosed':
      if (event.active) return closed(state, moment, true);
      // Refused, ended by the server, or by us.
      return [phase === 'connecting' ? { ...state, transportOpen: false } : state];
    case 'retry':
      return [connecting(progress, phase === 'open' ? network : state.cause, now, false)];
    case 'retryTimer':
      return phase === 'waiting' ? reconnect(state, moment, false) : [state];
    case 'session': {
      const { session } = event;
      return [
        { phase: 'open', progress: { ...progress, tokenRenewed: false }, since: now, probing: false, goodbye: null },
        { type: 'beginSession', session },
      ];
    }
    case 'goodbye': {
      if (phase !== 'open') return [state];
      const { goodbye } = event;
      const next = { ...state, goodbye };
      return goodbye.code === 'TOKEN_EXPIRED' || goodbye.code === 'ROLE_CHANGED'
        ? [next, { type: 'invalidateToken' }]
        : [next];
    }
    case 'connectError':
      return event.refusal ? refusedConnect(state, moment, event.refusal) : timerRetries(state, moment, network);
    case 'namespaceClosed':
      return closed(state, moment, false);
    case 'wake':
      if (phase === 'open') return probe(state);
      // `online` and "visible" often come together; the second must not abort the try of the first.
      if (phase === 'connecting' && now - state.since < timing.settle) return [state];
      return phase === 'refused' && !event.manual ? [state] : reconnect(state, moment, true);
    case 'offline':
      // A server on this machine is still there: ask it before trusting the browser.
      return phase === 'open' ? probe(state) : [state];
    case 'probed':
      if (phase !== 'open') return [state];
      return event.alive ? [{ ...state, probing: false }] : reconnect(state, moment, true);
    case 'signedOut':
      return end(state, 'SIGNED_OUT', true);
    case 'refused':
      // A late answer to the origin check does not end an open connection; another user's token does.
      if (phase === 'open' && event.reason === 'ORIGIN_REFUSED') return [state];
      return [refuse(state, moment, event.reason), { type: 'disconnect', deferred: false }];
    case 'start':
      return [state];
  }
}
