import { backoffDelay } from './backoff.js';
import type { Goodbye, Refusal, SessionInfo } from './server-messages.js';
import type { ConnectionReason } from './snapshot.js';
import { timing } from './timing.js';

/** What outlives a single try. */
interface Progress {
  /** Waits of the backoff since it was last restarted. */
  readonly attempts: number;
  /** The next try begins with polling. */
  readonly pollingFirst: boolean;
  /** TOKEN_EXPIRED has led to a renewal since the last session: the next one is final. */
  readonly tokenRenewed: boolean;
}

/** Why there is no connection. `limit` is the server's when a connection limit is the reason. */
interface Cause {
  readonly reason: ConnectionReason;
  readonly limit: number | null;
}

/** No socket exists. */
export interface Stopped extends Progress, Cause {
  readonly phase: 'stopped';
}

/** A try runs: from dialling until `session` arrives. */
export interface Connecting extends Progress, Cause {
  readonly phase: 'connecting';
  readonly since: number;
  /** A person or the browser asked for this try: its failure does not lengthen the backoff. */
  readonly manual: boolean;
  readonly transport: 'opening' | 'open';
}

/** A try is planned for `retryAt`. */
export interface Waiting extends Progress, Cause {
  readonly phase: 'waiting';
  readonly retryAt: number;
}

/** `session` has arrived. */
export interface Open extends Progress {
  readonly phase: 'open';
  readonly since: number;
  /** The server was asked for a sign of life and has not answered yet. */
  readonly probing: boolean;
  /** The server has announced that it ends this connection. */
  readonly goodbye: Goodbye | null;
}

/** No try comes by itself; a person can ask for one. */
export interface Refused extends Progress, Cause {
  readonly phase: 'refused';
}

export type ConnectionState = Stopped | Connecting | Waiting | Open | Refused;

export type ConnectionEvent =
  /** `resume` continues the wait of another tab's connection. */
  | { readonly type: 'started'; readonly resume: (Cause & { readonly retryAt: number }) | null }
  | { readonly type: 'stopped' }
  | { readonly type: 'transportOpened' }
  /** The transport did not open. The stock client retries when `active`. */
  | { readonly type: 'transportFailed'; readonly timedOut: boolean }
  /** `active`: the stock client retries by itself. */
  | { readonly type: 'transportClosed'; readonly active: boolean }
  | { readonly type: 'managerRetried' }
  | { readonly type: 'retryTimerFired' }
  | { readonly type: 'sessionReceived'; readonly session: SessionInfo }
  | { readonly type: 'goodbyeReceived'; readonly goodbye: Goodbye }
  /** CONNECT_ERROR with a code of the server, or without one. */
  | { readonly type: 'connectRefused'; readonly refusal: Refusal | null }
  | { readonly type: 'namespaceClosed' }
  /** The browser came online, the tab visible, or the machine out of sleep. */
  | { readonly type: 'woken' }
  | { readonly type: 'offline' }
  | { readonly type: 'retryRequested' }
  | { readonly type: 'probeAnswered'; readonly alive: boolean }
  | { readonly type: 'renewalRefused' }
  | { readonly type: 'renewalUnreachable' }
  /** The renewed token is another user's. */
  | { readonly type: 'tokenForbidden' }
  /** The server does not accept connections from this page's origin. */
  | { readonly type: 'originRefused' };

/** When an event happened, Unix milliseconds, and the chance in [0, 1) for the jitter of a wait. */
export interface Moment {
  readonly now: number;
  readonly chance: number;
}

export type ConnectionEffect =
  | { readonly type: 'connect' }
  /** Deferred effects run in a microtask: not inside the stock client's own handlers. */
  | { readonly type: 'reconnect'; readonly deferred: boolean }
  | { readonly type: 'disconnect'; readonly deferred: boolean }
  | { readonly type: 'closeTransport' }
  /** setRetryTimer is for what the stock client never retries by itself. */
  | { readonly type: 'setRetryTimer'; readonly ms: number }
  | { readonly type: 'clearRetryTimer' }
  | { readonly type: 'setManagerDelay'; readonly ms: number }
  | { readonly type: 'swapTransports' }
  | { readonly type: 'invalidateToken' }
  | { readonly type: 'probe' }
  | { readonly type: 'checkOrigin' }
  | { readonly type: 'beginSession'; readonly session: SessionInfo }
  /** endAttempt voids answers that are on their way to the try or session that ends. */
  | { readonly type: 'endAttempt' }
  | { readonly type: 'tearDown'; readonly signedOut: ConnectionReason | null; readonly deferred: boolean };

export type Transition = readonly [ConnectionState, readonly ConnectionEffect[]];

export const initialState: Stopped = {
  phase: 'stopped',
  reason: 'STOPPED',
  limit: null,
  attempts: 0,
  pollingFirst: false,
  tokenRenewed: false,
};

const endAttempt: ConnectionEffect = { type: 'endAttempt' };
const clearRetryTimer: ConnectionEffect = { type: 'clearRetryTimer' };

function progress({ attempts, pollingFirst, tokenRenewed }: Progress): Progress {
  return { attempts, pollingFirst, tokenRenewed };
}

/** A connection that lived long enough restarts the backoff. */
function progressAfter(state: ConnectionState, now: number): Progress {
  const lived = state.phase === 'open' && now - state.since >= timing.lifeBeforeRestart;
  return { ...progress(state), ...(lived && { attempts: 0 }) };
}

function causeOf(state: ConnectionState): Cause {
  return state.phase === 'open' ? { reason: 'NETWORK', limit: null } : { reason: state.reason, limit: state.limit };
}

/** recordFailure plans the next try after one, or a connection, that ended with `cause`; `least` is the server's wait. */
function recordFailure(state: ConnectionState, cause: Cause, { now, chance }: Moment, least = 0): { state: Waiting; wait: number } {
  const before = progressAfter(state, now);
  const goodbye = state.phase === 'open' ? state.goodbye : null;
  const planned = (): { wait: number; attempts: number } => {
    const { attempts } = before;
    if (state.phase === 'open' && state.probing) return { wait: 0, attempts };
    if (goodbye?.retryAfterMs != null) return { wait: goodbye.retryAfterMs, attempts };
    if (state.phase === 'connecting' && state.manual) return { wait: backoffDelay(Math.max(attempts - 1, 0), chance), attempts };
    return { wait: backoffDelay(attempts, chance), attempts: attempts + 1 };
  };
  const { wait: own, attempts } = planned();
  const wait = Math.max(own, least);
  return {
    state: { ...before, attempts, phase: 'waiting', reason: goodbye?.code ?? cause.reason, limit: cause.limit, retryAt: now + wait },
    wait,
  };
}

/** The stock client retries by itself: its next wait is set. */
function managerRetries(state: ConnectionState, moment: Moment): Transition {
  const failure = recordFailure(state, { reason: 'NETWORK', limit: null }, moment);
  return [failure.state, [endAttempt, { type: 'setManagerDelay', ms: failure.wait }]];
}

function timerRetries(state: ConnectionState, cause: Cause, moment: Moment, least?: number): Transition {
  const failure = recordFailure(state, cause, moment, least);
  return [failure.state, [endAttempt, { type: 'setRetryTimer', ms: failure.wait }]];
}

function refuse(state: ConnectionState, reason: ConnectionReason, { now }: Moment): Transition {
  return [{ ...progressAfter(state, now), phase: 'refused', reason, limit: null }, [endAttempt, clearRetryTimer]];
}

function end(state: ConnectionState, reason: ConnectionReason, signedOut: boolean, deferred = false): Transition {
  return [
    { ...progress(state), phase: 'stopped', reason, limit: null },
    [endAttempt, clearRetryTimer, { type: 'tearDown', signedOut: signedOut ? reason : null, deferred }],
  ];
}

function reconnect(state: ConnectionState, { now }: Moment, manual: boolean, cause = causeOf(state), deferred = false): Transition {
  return [
    { ...progressAfter(state, now), ...cause, phase: 'connecting', since: now, manual, transport: 'opening' },
    [endAttempt, clearRetryTimer, { type: 'reconnect', deferred }],
  ];
}

/** The codes of a goodbye after which the session itself is over. */
const signOuts: readonly string[] = ['LOGGED_OUT', 'USER_DISABLED'];

/** A goodbye without a reconnect: the session is over, or only this connection is. */
function obey(state: ConnectionState, { code }: Goodbye, moment: Moment, deferred: boolean): Transition {
  if (signOuts.includes(code)) return end(state, code, true, deferred);
  const [refused, effects] = refuse(state, code, moment);
  return [refused, [...effects, { type: 'disconnect', deferred }]];
}

function handleRefusal(state: ConnectionState, refusal: Refusal, moment: Moment): Transition {
  const { code, limit, retryAfterMs } = refusal;
  switch (code) {
    case 'TOKEN_EXPIRED': {
      if (state.tokenRenewed) return refuse(state, code, moment);
      const [next, effects] = reconnect({ ...state, tokenRenewed: true }, moment, true, { reason: code, limit: null }, true);
      return [next, [{ type: 'invalidateToken' }, ...effects]];
    }
    case 'UNAUTHENTICATED':
    case 'FORBIDDEN':
      return refuse(state, code, moment);
    default:
      // A connection limit, or a code of a later server.
      return timerRetries(state, { reason: code, limit }, moment, retryAfterMs ?? 0);
  }
}

/** After this many waits without a session the page asks whether its origin is allowed. */
const originCheckAfter = 2;

function handleTransportFailed(state: ConnectionState, timedOut: boolean, moment: Moment): Transition {
  // While a transport is open, `transportClosed` follows and counts.
  if (state.phase === 'open' || (state.phase === 'connecting' && state.transport === 'open')) return [state, []];
  const [next, effects] = managerRetries(state, moment);
  const check: ConnectionEffect[] = next.attempts >= originCheckAfter ? [{ type: 'checkOrigin' }] : [];
  if (!timedOut) return [next, [...effects, ...check]];
  return [{ ...next, pollingFirst: !next.pollingFirst }, [{ type: 'swapTransports' }, ...effects, ...check]];
}

function handleTransportClosed(state: ConnectionState, active: boolean, moment: Moment): Transition {
  if (!active) {
    // Refused, ended by the server, or by us.
    return [state.phase === 'connecting' ? { ...state, transport: 'opening' } : state, []];
  }
  if (state.phase === 'open' && state.goodbye?.reconnect === false) return obey(state, state.goodbye, moment, true);
  return managerRetries(state, moment);
}

function handleStarted(state: Stopped, { resume }: Extract<ConnectionEvent, { type: 'started' }>, { now }: Moment): Transition {
  if (resume && resume.retryAt > now) {
    return [{ ...progress(state), phase: 'waiting', ...resume }, [{ type: 'setRetryTimer', ms: resume.retryAt - now }]];
  }
  return [
    { ...progress(state), phase: 'connecting', reason: 'CONNECTING', limit: null, since: now, manual: false, transport: 'opening' },
    [{ type: 'connect' }],
  ];
}

/**
 * transition is the whole behaviour of a connection: the next state, and what is to be done about it, in order.
 * It is pure. An event that means nothing in a state leaves it as it is.
 */
export function transition(state: ConnectionState, event: ConnectionEvent, moment: Moment): Transition {
  const same: Transition = [state, []];
  if (event.type === 'stopped') {
    // A tear-down may still be deferred; the reason stays.
    return end(state, state.phase === 'stopped' ? state.reason : 'STOPPED', false);
  }
  if (state.phase === 'stopped') return event.type === 'started' ? handleStarted(state, event, moment) : same;

  switch (event.type) {
    case 'started':
      return same;
    case 'transportOpened':
      return state.phase === 'connecting' ? [{ ...state, transport: 'open' }, []] : same;
    case 'transportFailed':
      return handleTransportFailed(state, event.timedOut, moment);
    case 'transportClosed':
      return handleTransportClosed(state, event.active, moment);
    case 'managerRetried':
      return [{ ...progress(state), ...causeOf(state), phase: 'connecting', since: moment.now, manual: false, transport: 'opening' }, []];
    case 'retryTimerFired':
      return state.phase === 'waiting' ? reconnect(state, moment, false) : same;
    case 'sessionReceived':
      return [
        { ...progress(state), tokenRenewed: false, phase: 'open', since: moment.now, probing: false, goodbye: null },
        [{ type: 'beginSession', session: event.session }],
      ];
    case 'goodbyeReceived': {
      if (state.phase !== 'open') return same;
      const stale = event.goodbye.code === 'TOKEN_EXPIRED' || event.goodbye.code === 'ROLE_CHANGED';
      return [{ ...state, goodbye: event.goodbye }, stale ? [{ type: 'invalidateToken' }] : []];
    }
    case 'connectRefused':
      return event.refusal
        ? handleRefusal(state, event.refusal, moment)
        : timerRetries(state, { reason: 'NETWORK', limit: null }, moment);
    case 'namespaceClosed':
      if (state.phase === 'open' && state.goodbye?.reconnect === false) return obey(state, state.goodbye, moment, false);
      return timerRetries(state, { reason: 'NETWORK', limit: null }, moment);
    case 'woken':
    case 'retryRequested':
      if (state.phase === 'refused') return event.type === 'retryRequested' ? reconnect(state, moment, true) : same;
      if (state.phase === 'open') return state.probing ? same : [{ ...state, probing: true }, [{ type: 'probe' }]];
      // `online` and "visible" often come together; the second must not abort the try of the first.
      if (state.phase === 'connecting' && moment.now - state.since < timing.settle) return same;
      return reconnect(state, moment, true);
    case 'offline':
      // A server on this machine is still there: ask it before trusting the browser.
      return state.phase === 'open' && !state.probing ? [{ ...state, probing: true }, [{ type: 'probe' }]] : same;
    case 'probeAnswered':
      if (state.phase !== 'open') return same;
      return event.alive ? [{ ...state, probing: false }, []] : reconnect(state, moment, true);
    case 'renewalRefused':
      return end(state, 'SIGNED_OUT', true);
    case 'renewalUnreachable':
      return [state, [{ type: 'closeTransport' }]];
    case 'tokenForbidden': {
      // This socket must not live on under another user's token.
      const [refused, effects] = refuse(state, 'FORBIDDEN', moment);
      return [refused, [...effects, { type: 'disconnect', deferred: false }]];
    }
    case 'originRefused': {
      if (state.phase === 'open') return same;
      const [refused, effects] = refuse(state, 'ORIGIN_REFUSED', moment);
      return [refused, [...effects, { type: 'disconnect', deferred: false }]];
    }
  }
}
