import {
  initialState,
  transition,
  type ConnectionEffect,
  type ConnectionEvent,
  type ConnectionState,
} from './connection-machine.js';
import type { ConnectionObserver, ResumeState } from './connection-observer.js';
import { readAccountMessage } from './account-messages.js';
import type { Environment, TimerHandle } from './environment.js';
import type { EventPipeline, Message } from './event-pipeline.js';
import {
  createStockManager,
  defaultNamespace,
  managerOptions,
  setNextDelay,
  swapTransports,
  type ManagerPort,
  type SocketPort,
} from './manager.js';
import type { ConnectionOptions } from './options.js';
import { isOriginRefused } from './origin-check.js';
import { createResumeCredentials } from './resume-credentials.js';
import { createSeenBatch } from './seen-batch.js';
import { createServerClock } from './server-clock.js';
import {
  parseGoodbye,
  parseRefreshAnswer,
  parseRefusal,
  parseSession,
  serverTimeOf,
  type SessionInfo,
} from './server-messages.js';
import { detectSleep } from './sleep-detector.js';
import { connectionFields, sameSnapshot, stoppedSnapshot, type ConnectionSnapshot } from './snapshot.js';
import { timing } from './timing.js';
import { createTokenKeeper } from './token-keeper.js';

/** One tab's own socket, from its start to its end. */
export interface SocketConnection {
  /** start dials, once in the connection's life. */
  start(): void;
  stop(): void;
  /** wake reconnects at once, or probes a connection that looks open. */
  readonly wake: () => void;
  /** retryNow is wake, also after a refusal. */
  readonly retryNow: () => void;
  readonly markSeen: (eventIds: readonly string[]) => void;
  getSnapshot(): ConnectionSnapshot;
  /** resumeState is what another tab needs to continue from here. */
  resumeState(): ResumeState;
}

/** The socket of a started connection. */
interface Running {
  readonly manager: ManagerPort;
  readonly socket: SocketPort;
  readonly unsubscribe: readonly (() => void)[];
}

/**
 * createSocketConnection keeps one user's socket connected until it is stopped. connection-machine.ts decides;
 * this file carries the stock client's events to it, carries out its effects, and passes messages to the pipeline.
 */
export function createSocketConnection(
  options: ConnectionOptions,
  environment: Environment,
  pipeline: EventPipeline,
  observer: ConnectionObserver,
  before: ResumeState | null = null,
): SocketConnection {
  const {
    createManager = createStockManager,
    namespace = defaultNamespace,
    path = managerOptions.path,
    debug,
  } = options;
  const serverClock = createServerClock(environment);
  const tokens = createTokenKeeper(options, environment, serverClock);
  const credentials = createResumeCredentials(before, namespace, pipeline);

  let state: ConnectionState = { ...initialState, ...(before && { progress: before.progress }) };
  let snapshot: ConnectionSnapshot = {
    ...(before?.snapshot ?? stoppedSnapshot),
    status: 'disconnected',
    reason: 'STOPPED',
  };
  let running: Running | null = null;
  /** Answers to questions of an earlier attempt are void. */
  let attempt = 0;
  let retryTimer: TimerHandle | null = null;
  let clockTimer: TimerHandle | null = null;

  const seen = createSeenBatch(environment, async (eventIds) => {
    if (state.phase !== 'open') return false;
    return (await ask('seen', timing.ackLimit, { eventIds })) !== null;
  });

  // ---- the machine ----

  function dispatch(event: ConnectionEvent, patch?: Partial<ConnectionSnapshot>): void {
    const [next, ...effects] = transition(state, event, { now: environment.now(), chance: environment.random() });
    if (next.phase !== state.phase) {
      debug?.(`${state.phase} -> ${next.phase}`, { event, effects });
      endAttempt();
    }
    state = next;
    for (const effect of effects) if (running) carryOut(effect, running);
    publish(patch);
  }

  /** endAttempt voids answers that are on their way to the try or session that ends, and stops its timers. */
  function endAttempt(): void {
    attempt += 1;
    for (const timer of [retryTimer, clockTimer]) if (timer !== null) environment.clearTimeout(timer);
    retryTimer = clockTimer = null;
    tokens.pause();
  }

  function carryOut(effect: ConnectionEffect, current: Running): void {
    const { manager, socket } = current;
    const run = (act: () => void): void => {
      if (!('deferred' in effect && effect.deferred)) act();
      else {
        queueMicrotask(() => {
          if (running === current) act();
        });
      }
    };
    switch (effect.type) {
      case 'connect':
        socket.connect();
        return;
      case 'reconnect':
        // A bare connect() does nothing while the manager waits. Inside its own `close` it would plan a second try.
        run(() => {
          socket.disconnect();
          socket.connect();
        });
        return;
      case 'disconnect':
        run(() => socket.disconnect());
        return;
      case 'setRetryTimer':
        retryTimer = environment.setTimeout(() => {
          dispatch({ type: 'retryTimer' });
        }, effect.ms);
        return;
      case 'setManagerDelay':
        setNextDelay(manager, effect.ms);
        return;
      case 'swapTransports':
        swapTransports(manager);
        return;
      case 'invalidateToken':
        tokens.invalidate();
        return;
      case 'probe':
        probe(current);
        return;
      case 'checkOrigin':
        void isOriginRefused(options.url, path).then((refused) => {
          if (refused && running === current) dispatch({ type: 'refused', reason: 'ORIGIN_REFUSED' });
        });
        return;
      case 'beginSession':
        beginSession(current, effect.session);
        return;
      case 'tearDown':
        run(() => {
          const { phase } = state;
          tearDown(current);
          if (effect.signedOut && phase === 'stopped') observer.ended(state.cause.reason);
        });
    }
  }

  function publish(patch?: Partial<ConnectionSnapshot>): void {
    const next = {
      ...snapshot,
      ...patch,
      ...connectionFields(state, environment.isOnline(), running?.manager.engine?.transport?.name ?? null),
    };
    if (sameSnapshot(next, snapshot)) return;
    snapshot = next;
    observer.changed();
  }

  // ---- questions to the server ----

  /** ask resolves to the answer, or null when none came within `ms`. */
  function ask(name: string, ms: number, ...args: unknown[]): Promise<{ answer: unknown } | null> {
    const current = running;
    if (!current) return Promise.resolve(null);
    return new Promise((resolve) => {
      current.socket.timeout(ms).emit(name, ...args, (error: unknown, answer: unknown) => {
        resolve(error ? null : { answer });
      });
    });
  }

  function probe(current: Running): void {
    const during = attempt;
    void compareClocks().then((alive) => {
      if (running === current && attempt === during) dispatch({ type: 'probed', alive });
    });
  }

  /** compareClocks resolves to whether the server answered. */
  async function compareClocks(): Promise<boolean> {
    const askedAt = environment.now();
    const reply = await ask('clock', timing.probeLimit);
    const serverTime = serverTimeOf(reply?.answer);
    if (serverTime !== null) publish({ clock: serverClock.sample(serverTime, askedAt) });
    return reply !== null;
  }

  function authenticate(current: Running, send: (data: Record<string, string>) => void): void {
    attempt += 1;
    const mine = attempt;
    const token = tokens.fresh();
    if (token !== null) {
      send(credentials.payload(token));
      return;
    }
    void tokens.renew().then((outcome) => {
      // The transport that asked is gone: an answer now would be sent on the next one, twice.
      if (running !== current || mine !== attempt) return;
      const renewed = options.token();
      // The transport closes, so that the backoff goes on.
      if (outcome === 'unreachable') current.manager.engine?.close();
      else if (outcome === 'refused' || renewed === null) dispatch({ type: 'signedOut' });
      else send(credentials.payload(renewed));
    });
  }

  // ---- messages of the server ----

  function deliver(message: Message): void {
    pipeline.take(message, observer.announce(message), ({ event }, live) => {
      const age = live ? serverClock.age(event.timestamp) : null;
      publish({ lastDeliveryAt: environment.now(), lastDeliveryMs: age ?? snapshot.lastDeliveryMs });
    });
  }

  function handleSession(payload: unknown, position: unknown): void {
    const session = parseSession(payload);
    if (!session) {
      environment.reportError(new Error('harang: unreadable session'));
      return;
    }
    dispatch({ type: 'session', session }, { session });
    deliver({ kind: 'session', session, position: typeof position === 'string' ? position : session.position });
    seen.flush();
  }

  function beginSession(current: Running, session: SessionInfo): void {
    const serverTime = serverTimeOf(session);
    if (serverTime !== null) serverClock.greet(serverTime);
    scheduleRenewal(current, session);
    credentials.sessionReceived();
    if (serverClock.measured) return;
    // Only a measurement: a server that is slow after a storm of reconnects must not be left for it.
    clockTimer = environment.setTimeout(
      () => void compareClocks(),
      timing.firstComparison * (1 + environment.random()),
    );
  }

  function scheduleRenewal(current: Running, { tokenExpiresAt }: SessionInfo): void {
    const present = async (token: string) => {
      const reply = await ask('refresh', timing.ackLimit, { token });
      return reply && parseRefreshAnswer(reply.answer);
    };
    tokens.schedule(Date.parse(tokenExpiresAt), present, (why) => {
      if (running === current) dispatch(why === 'refused' ? { type: 'signedOut' } : { type: 'refused', reason: why });
    });
  }

  function handleMessage(name: string, payload: unknown, position: unknown): void {
    if (name === 'session') handleSession(payload, position);
    else if (name === 'goodbye') {
      const goodbye = parseGoodbye(payload);
      if (goodbye) dispatch({ type: 'goodbye', goodbye });
    } else if (typeof position === 'string') {
      // Whatever ends in a position is a feed event, also of a type added later.
      deliver({ kind: 'feed', payload, position });
    } else {
      const message = readAccountMessage(name, payload);
      if (message) deliver(message);
    }
  }

  function wake(manual: boolean): void {
    dispatch({ type: 'wake', manual });
  }

  // ---- the stock client ----

  function listen({ manager, socket }: Running): void {
    manager.on('packet', credentials.readPacket);
    manager.on('open', () => {
      dispatch({ type: 'transportOpen' });
    });
    manager.on('error', (error) => {
      if (socket.active)
        dispatch({ type: 'transportFailed', timedOut: error instanceof Error && error.message === 'timeout' });
    });
    manager.on('close', () => {
      attempt += 1;
      dispatch({ type: 'transportClosed', active: socket.active });
    });
    manager.on('reconnect_attempt', () => {
      dispatch({ type: 'retry' });
    });
    socket.on('connect_error', (error) => {
      const refusal = parseRefusal(error);
      // Still active without a code: a fault of the transport, which the manager reports too.
      if (refusal || !socket.active) dispatch({ type: 'connectError', refusal });
    });
    socket.on('disconnect', (why) => {
      if (why === 'io server disconnect') dispatch({ type: 'namespaceClosed' });
    });
    socket.onAny((name, ...args) => {
      handleMessage(String(name), args[0], args[args.length - 1]);
    });
  }

  function start(): void {
    if (running) return;
    const manager = createManager(options.url, { ...managerOptions, path });
    const socket = manager.socket(namespace, {
      auth: (send) => {
        if (running === current) authenticate(current, send);
      },
    });
    const current: Running = {
      manager,
      socket,
      unsubscribe: [
        environment.onOnline(() => {
          publish();
          wake(false);
        }),
        environment.onOffline(() => {
          dispatch({ type: 'offline' });
        }),
        environment.onVisible(() => {
          wake(false);
        }),
        detectSleep(environment, () => {
          wake(false);
        }),
      ],
    };
    running = current;
    if (state.progress.pollingFirst) swapTransports(manager);
    listen(current);
    const { retryAt = null, reason = null, limit = null } = before?.snapshot ?? {};
    dispatch({
      type: 'start',
      resume: retryAt === null || reason === null ? null : { retryAt, cause: { reason, limit } },
    });
  }

  function tearDown({ manager, socket, unsubscribe }: Running): void {
    seen.stop();
    running = null;
    for (const undo of unsubscribe) undo();
    socket.offAny();
    socket.off();
    manager.off();
    socket.disconnect();
    publish();
  }

  return {
    start,
    stop: () => {
      dispatch({ type: 'stop' });
    },
    wake: () => {
      wake(false);
    },
    retryNow: () => {
      wake(true);
    },
    markSeen: seen.add,
    getSnapshot: () => snapshot,
    resumeState: () => ({
      pid: credentials.pid,
      position: pipeline.position ?? before?.position ?? null,
      snapshot,
      progress: state.progress,
    }),
  };
}
