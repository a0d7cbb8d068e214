import type { Environment, TimerHandle } from './environment.js';
import type { EventPipeline, Message } from './event-pipeline.js';
import { createBackoff } from './backoff.js';
import {
  createStockManager,
  managerOptions,
  namespace,
  setNextDelay,
  swapTransports,
  type ManagerPort,
  type SocketPort,
} from './manager.js';
import type { ConnectionOptions } from './options.js';
import type { ResumeState, SocketConnection, ConnectionObserver } from './connection-observer.js';
import { dispatchAccountMessage } from './dispatch-account-message.js';
import { detectSleep } from './sleep-detector.js';
import { createResumeCredentials } from './resume-credentials.js';
import { createSeenBatch } from './seen-batch.js';
import { createServerClock } from './server-clock.js';
import { sameSnapshot, stoppedSnapshot, type ConnectionReason, type ConnectionSnapshot } from './snapshot.js';
import { timing } from './timing.js';
import { createTokenKeeper } from './token-keeper.js';
import {
  parseGoodbye,
  parseRefreshAnswer,
  parseRefusal,
  parseSession,
  serverTimeOf,
  type Goodbye,
  type Refusal,
} from './server-messages.js';

type Phase =
  | 'stopped' // no socket at all
  | 'dialling' // a try runs
  | 'waiting' // a try is planned
  | 'open' // `session` has come
  | 'refused'; // no try will come by itself

/** Everything that stop must free. */
interface Run {
  readonly manager: ManagerPort;
  readonly socket: SocketPort;
  readonly undo: (() => void)[];
}

/**
 * createSocketConnection keeps one user's connection up until it is stopped: the stock
 * client does the wire and its own retries, this state machine decides when and
 * with which token, and puts each message into the pipeline.
 */
export function createSocketConnection(
  options: ConnectionOptions,
  environment: Environment,
  pipeline: EventPipeline,
  observer: ConnectionObserver,
  before: ResumeState | null = null,
): SocketConnection {
  const createManager = options.createManager ?? createStockManager;
  const clock = createServerClock(environment);
  const tokens = createTokenKeeper(options, environment, clock);
  const backoff = createBackoff(() => environment.random(), before?.climbed);

  let snapshot: ConnectionSnapshot = { ...(before?.snapshot ?? stoppedSnapshot), status: 'disconnected', reason: 'STOPPED' };
  let phase: Phase = 'stopped';
  let reason: ConnectionReason | null = null;
  let retryAt: number | null = null;
  let limit: number | null = null;
  let run: Run | null = null;

  const seat = createResumeCredentials(before, pipeline);

  // What belongs to one try or one connection.
  let transportOpen = false;
  let turned = false;
  let generation = 0;
  let openedAt = 0;
  let dialledAt = -Infinity;
  let manualRetry = false;
  let probing = false;
  let expiredOnce = false;
  let goodbye: Goodbye | null = null;
  let retryTimer: TimerHandle | null = null;
  let clockTimer: TimerHandle | null = null;

  const seen = createSeenBatch(environment, async (eventIds) => {
    if (phase !== 'open') return false;
    return (await ask('seen', timing.ackLimit, { eventIds })) !== null;
  });

  // ---- state ----

  function publish(patch: Partial<ConnectionSnapshot> = {}): void {
    const away = phase === 'dialling' || phase === 'waiting';
    const offline = away && !environment.isOnline();
    const next: ConnectionSnapshot = {
      ...snapshot,
      ...patch,
      status: phase === 'open' ? 'connected' : away && !offline ? 'reconnecting' : 'disconnected',
      reason: phase === 'open' ? null : offline ? 'OFFLINE' : reason,
      retryAt: phase === 'waiting' && !offline ? retryAt : null,
      limit: phase === 'open' ? null : limit,
      connectedAt: phase === 'open' ? openedAt : null,
      transport: phase === 'open' ? (run?.manager.engine?.transport?.name ?? null) : null,
    };
    if (sameSnapshot(next, snapshot)) return;
    snapshot = next;
    observer.changed();
  }

  function clearRetry(): void {
    if (retryTimer !== null) environment.clearTimeout(retryTimer);
    retryTimer = null;
    retryAt = null;
  }

  /** leave ends whatever connection there was and keeps what must outlive it. */
  function leave(): void {
    if (phase === 'open' && environment.now() - openedAt >= timing.lifeBeforeRestart) backoff.restart();
    if (clockTimer !== null) environment.clearTimeout(clockTimer);
    clockTimer = null;
    generation += 1;
    tokens.pause();
  }

  /** recordFailure takes note that a try or a connection failed, and returns the wait before the next. */
  function recordFailure(why: ConnectionReason): number {
    leave();
    const asked = goodbye?.retryAfterMs ?? null;
    const wait = probing ? 0 : (asked ?? (manualRetry ? backoff.again() : backoff.next()));
    reason = goodbye?.code ?? why;
    limit = null;
    goodbye = null;
    manualRetry = false;
    probing = false;
    phase = 'waiting';
    retryAt = environment.now() + wait;
    return wait;
  }

  /** refuse stops trying; only a person, or a new start, tries again. */
  function refuse(why: ConnectionReason): void {
    leave();
    clearRetry();
    goodbye = null;
    phase = 'refused';
    reason = why;
    publish();
  }

  function signOut(why: ConnectionReason): void {
    end(why);
    observer.ended(why);
  }

  /** redial connects at once. A bare connect() does nothing while the manager waits. */
  function redial(current: Run): void {
    leave();
    clearRetry();
    goodbye = null;
    probing = false;
    manualRetry = true;
    phase = 'dialling';
    dialledAt = environment.now();
    current.socket.disconnect();
    current.socket.connect();
    publish();
  }

  /** Never inside the manager's own `close`: it would plan a second try over ours and get stuck. */
  function redialSoon(current: Run): void {
    queueMicrotask(() => {
      if (run === current) redial(current);
    });
  }

  /** redialAfter is for what the stock client never retries by itself. */
  function redialAfter(current: Run, wait: number): void {
    retryAt = environment.now() + wait;
    retryTimer = environment.setTimeout(() => {
      retryTimer = null;
      redial(current);
      manualRetry = false; // this try is a step of the backoff
    }, wait);
    publish();
  }

  // ---- questions to the server ----

  /** ask resolves to the answer, or null when none came within `ms`. */
  function ask(name: string, ms: number, ...args: unknown[]): Promise<{ answer: unknown } | null> {
    const current = run;
    if (!current) return Promise.resolve(null);
    return new Promise((resolve) => {
      current.socket.timeout(ms).emit(name, ...args, (error: unknown, answer: unknown) => {
        resolve(error ? null : { answer });
      });
    });
  }

  /** probe asks a connection that believes to be open for a sign of life. */
  function probe(): void {
    const current = run;
    if (!current || probing || phase !== 'open') return;
    const during = generation;
    probing = true;
    void compareClocks().then((alive) => {
      if (run !== current || phase !== 'open' || generation !== during) return;
      probing = false;
      if (alive) return;
      reason = 'NETWORK';
      redial(current);
    });
  }

  /** compareClocks resolves to whether the server answered. */
  async function compareClocks(): Promise<boolean> {
    const askedAt = environment.now();
    const reply = await ask('clock', timing.probeLimit);
    const serverTime = serverTimeOf(reply?.answer);
    if (serverTime !== null) publish({ clock: clock.sample(serverTime, askedAt) });
    return reply !== null;
  }

  function wake(): void {
    const current = run;
    if (!current || phase === 'refused') return;
    if (phase === 'open') {
      probe();
      return;
    }
    // `online` and "visible" often come together; the second must not abort the try of the first.
    if (phase === 'dialling' && environment.now() - dialledAt < timing.settle) return;
    redial(current);
  }

  // ---- what the stock client tells ----

  function authenticate(current: Run, send: (data: Record<string, string>) => void): void {
    generation += 1;
    const mine = generation;
    const engine = current.manager.engine;
    const fresh = tokens.fresh();
    if (fresh !== null) {
      send(seat.credentials(fresh));
      return;
    }
    void tokens.renew().then((outcome) => {
      // The transport that asked is gone: an answer now would be sent on the next one, twice.
      if (run !== current || mine !== generation) return;
      const token = options.token();
      if (outcome === 'refused' || (outcome === 'ok' && token === null)) signOut('SIGNED_OUT');
      else if (outcome === 'ok' && token !== null) send(seat.credentials(token));
      else engine?.close();
    });
  }

  function handleRefusal(current: Run, refusal: Refusal): void {
    goodbye = null;
    switch (refusal.code) {
      case 'TENANT_CONNECTION_LIMIT': {
        const wait = Math.max(refusal.retryAfterMs ?? 0, recordFailure(refusal.code));
        limit = refusal.limit;
        redialAfter(current, wait);
        return;
      }
      case 'TOKEN_EXPIRED':
        if (expiredOnce) {
          refuse(refusal.code);
          return;
        }
        expiredOnce = true;
        leave();
        reason = refusal.code;
        phase = 'dialling';
        publish();
        // The token is marked as stale, so authenticate renews it before CONNECT.
        tokens.invalidate();
        redialSoon(current);
        return;
      case 'UNAUTHENTICATED':
      case 'FORBIDDEN':
        refuse(refusal.code);
        return;
      default:
        // A code of a later server: come back, slowly.
        redialAfter(current, Math.max(refusal.retryAfterMs ?? 0, recordFailure(refusal.code)));
    }
  }

  function handleServerDisconnect(current: Run): void {
    const told = goodbye;
    if (told && !told.reconnect) {
      signOut(told.code);
      return;
    }
    // Nobody said why; the next CONNECT will be told.
    redialAfter(current, recordFailure('NETWORK'));
  }

  function handleSession(current: Run, payload: unknown, position: unknown): void {
    const session = parseSession(payload);
    if (!session) {
      environment.reportError(new Error('harang: unreadable session'));
      return;
    }
    phase = 'open';
    openedAt = environment.now();
    manualRetry = false;
    probing = false;
    expiredOnce = false;
    goodbye = null;
    const serverTime = serverTimeOf(session);
    if (serverTime !== null) clock.greet(serverTime);
    tokens.schedule(Date.parse(session.tokenExpiresAt), async (token) => {
      const reply = await ask('refresh', timing.ackLimit, { token });
      return reply && parseRefreshAnswer(reply.answer);
    }, (why) => {
      if (run !== current) return;
      if (why === 'refused') signOut('SIGNED_OUT');
      else refuse(why);
      // Refused: the renewed token is another user's, and this socket must not live on under it.
      current.socket.disconnect();
    });
    seat.settle();
    publish({ session });
    tell({ kind: 'session', session, position: typeof position === 'string' ? position : session.position });
    seen.flush();
    if (!clock.measured) {
      // Only a measurement: a server that is slow after a storm of reconnects must not be left for it.
      clockTimer = environment.setTimeout(() => {
        void compareClocks();
      }, timing.firstComparison * (1 + environment.random()));
    }
  }

  function tell(message: Message): void {
    pipeline.take(message, observer.announce(message), ({ event }, live) => {
      const late = live ? clock.age(event.timestamp) : null;
      publish({ lastDeliveryAt: environment.now(), lastDeliveryMs: late ?? snapshot.lastDeliveryMs });
    });
  }

  function handleMessage(current: Run, name: string, payload: unknown, position: unknown): void {
    switch (name) {
      case 'session':
        handleSession(current, payload, position);
        return;
      case 'goodbye':
        if (phase !== 'open') return;
        goodbye = parseGoodbye(payload);
        // Both mean that the token in hand is no longer the right one.
        if (goodbye?.code === 'TOKEN_EXPIRED' || goodbye?.code === 'ROLE_CHANGED') tokens.invalidate();
        return;
      default:
        if (dispatchAccountMessage(tell, name, payload)) return;
        // Whatever ends in a position is a feed event, also of a type added later.
        if (typeof position === 'string') tell({ kind: 'feed', payload, position });
    }
  }

  function turn(manager: ManagerPort): void {
    swapTransports(manager);
    turned = !turned;
  }

  function attach(current: Run): void {
    const { manager, socket } = current;
    manager.on('packet', seat.hear);
    manager.on('open', () => {
      transportOpen = true;
    });
    manager.on('error', (error) => {
      // With an open transport `close` follows and counts.
      if (transportOpen || !socket.active) return;
      if (error instanceof Error && error.message === 'timeout') turn(manager);
      setNextDelay(manager, recordFailure('NETWORK'));
      publish();
    });
    manager.on('close', () => {
      transportOpen = false;
      generation += 1;
      // Inactive: refused, ended by the server, or by us. No try of the manager follows.
      if (!socket.active) return;
      if (goodbye && !goodbye.reconnect) {
        const why = goodbye.code;
        queueMicrotask(() => {
          if (run === current) signOut(why);
        });
      }
      setNextDelay(manager, recordFailure('NETWORK'));
      publish();
    });
    manager.on('reconnect_attempt', () => {
      retryAt = null;
      phase = 'dialling';
      dialledAt = environment.now();
      publish();
    });
    socket.on('connect_error', (error) => {
      const refusal = parseRefusal(error);
      if (refusal) handleRefusal(current, refusal);
      else if (!socket.active) redialAfter(current, recordFailure('NETWORK'));
    });
    socket.on('disconnect', (why) => {
      if (why === 'io server disconnect') handleServerDisconnect(current);
    });
    socket.onAny((name, ...args) => {
      handleMessage(current, String(name), args[0], args[args.length - 1]);
    });
  }

  // ---- from the start to the end ----

  function start(): void {
    const manager = createManager(options.url, { ...managerOptions });
    const socket = manager.socket(namespace, {
      auth: (send) => {
        if (run === current) authenticate(current, send);
      },
    });
    const current: Run = { manager, socket, undo: [] };
    run = current;
    phase = 'dialling';
    reason = 'CONNECTING';
    dialledAt = environment.now();
    if (before?.turned) turn(manager);
    attach(current);
    current.undo.push(
      environment.onOnline(() => {
        publish();
        wake();
      }),
      environment.onOffline(() => {
        publish();
        // A server on this machine is still there; ask before believing the browser.
        if (phase === 'open') probe();
      }),
      environment.onVisible(wake),
      detectSleep(environment, wake),
    );
    const wait = (before?.snapshot.retryAt ?? 0) - environment.now();
    if (before && wait > 0) {
      phase = 'waiting';
      reason = before.snapshot.reason;
      limit = before.snapshot.limit;
      redialAfter(current, wait);
    } else {
      socket.connect();
      publish();
    }
  }

  function end(why: ConnectionReason): void {
    const current = run;
    if (!current) return;
    leave();
    clearRetry();
    seen.stop();
    run = null;
    goodbye = null;
    probing = false;
    phase = 'stopped';
    reason = why;
    for (const undo of current.undo) undo();
    current.socket.offAny();
    current.socket.off();
    current.manager.off();
    current.socket.disconnect();
    transportOpen = false;
    publish();
  }

  return {
    start,
    stop: () => {
      end('STOPPED');
    },
    wake,
    retryNow: () => {
      const current = run;
      if (!current) return;
      if (phase === 'refused') redial(current);
      else wake();
    },
    markSeen: (eventIds) => {
      seen.add(eventIds);
    },
    getSnapshot: () => snapshot,
    resumeState: () => ({ pid: seat.pid, position: pipeline.position ?? before?.position ?? null, snapshot, climbed: backoff.climbed, turned }),
  };
}
