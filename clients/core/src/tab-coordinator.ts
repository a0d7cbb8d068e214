import type { Environment, TimerHandle } from './environment.js';
import type { FeedMessage, EventPipeline, Message } from './event-pipeline.js';
import { createSocketConnection } from './socket-connection.js';
import type { ConnectionOptions } from './options.js';
import type { ResumeState, SocketConnection } from './connection-observer.js';
import type { Host, Tab } from './standalone-connection.js';
import { isAhead } from './position.js';
import { createTabRegistry, lifeOf, type TabState } from './tab-registry.js';
import { stoppedSnapshot, type ConnectionReason, type ConnectionSnapshot } from './snapshot.js';
import type { ChannelPort, Tabs } from './browser-tabs.js';
import { readTabMessage, type Envelope, type Greeting, type TabMessage } from './tab-messages.js';
import { timing } from './timing.js';
import { createLeaderLock } from './leader-lock.js';
import type { NotificationCount } from './server-messages.js';

const kept = 100;
const dialling: ResumeState = {
  pid: null,
  position: null,
  snapshot: { ...stoppedSnapshot, status: 'reconnecting', reason: 'CONNECTING' },
  climbed: 0,
  turned: false,
};

/**
 * createTabCoordinator is a tab that shares one line with the others that name the
 * same `shareAs`. Who holds the Web Lock speaks: it has the line and passes
 * everything on over a BroadcastChannel. The others follow: they show what it
 * shows, and know enough (seat, place, backoff) to go on where it ends.
 *
 * The lock passes when the speaker's tab closes, crashes or is frozen. It is taken away
 * when the speaker does not answer within 2 s, and while its tries fail: by the
 * tab that a person turns to, and by one that it offers the next try to.
 */
export function createTabCoordinator(
  options: ConnectionOptions & { readonly shareAs: string },
  environment: Environment,
  tabs: Tabs,
  pipeline: EventPipeline,
  host: Host,
): Tab {
  const { shareAs } = options;
  // The number is that of this message: a page of another version does not join.
  const group = `harang/1 ${options.url ?? ''} ${shareAs}`;
  const me = tabs.newId();
  const registry = createTabRegistry(group, me, tabs.locks);
  const undo: (() => void)[] = [];

  let channel: ChannelPort | null = null;
  let line: SocketConnection | null = null;
  let state = dialling;
  let count: NotificationCount | null = null;
  let recent: FeedMessage[] = [];
  let unsaid: string[] = [];

  let term = 0;
  let speaker: string | null = null;
  let heardAt = environment.now();
  let answerTimer: TimerHandle | null = null;
  let manualRetry = false;
  let offered = '';
  /** This tab is cut off while the others are not: it is what it says, offline, until its network is back. */
  let isolated = false;
  let joined = false;
  let over = false;

  const turn = createLeaderLock(tabs.locks, group, {
    taken: speak,
    lost() {
      stepDown();
      turn.wait();
      expectAnswer();
    },
    failed: standAlone,
  });

  // ---- what this tab shows and says ----

  function show(): void {
    const { snapshot } = state;
    host.show(isolated ? { ...snapshot, ...lineless, status: 'disconnected', reason: 'OFFLINE' } : snapshot);
    if (snapshot.status === 'connected' && unsaid.length > 0) tellSeen(unsaid.splice(0));
  }

  function post(message: TabMessage): void {
    try {
      channel?.postMessage({ ...message, from: me, as: shareAs });
    } catch (error) {
      environment.reportError(error);
    }
  }

  function own(front: number): TabState {
    const tab = { front, visible: environment.isVisible(), online: environment.isOnline() };
    registry.set(me, tab);
    return tab;
  }

  function lastFront(): number {
    return registry.entries().find(([id]) => id === me)?.[1].front ?? 0;
  }

  function sayHere(front = lastFront()): void {
    post({ kind: 'here', tab: own(front), pid: state.pid, position: pipeline.position });
  }

  function tellSeen(eventIds: readonly string[]): void {
    if (line) line.markSeen(eventIds);
    else if (state.snapshot.status === 'connected') post({ kind: 'seen', eventIds });
    else unsaid = [...unsaid, ...eventIds].slice(-1000);
  }

  /** ask makes the speaker answer, or loses it its turn. */
  function ask(wake: boolean): void {
    post({ kind: 'hello', tab: own(lastFront()), position: pipeline.position, wake });
    expectAnswer();
  }

  function expectAnswer(): void {
    answerTimer ??= environment.setTimeout(() => {
      answerTimer = null;
      // A hidden tab can wait: its turn comes with the lock, or when somebody looks at it.
      if (!over && !line && !isolated && environment.isVisible()) turn.seize();
    }, timing.probeLimit);
  }

  function stopExpecting(): void {
    if (answerTimer !== null) environment.clearTimeout(answerTimer);
    answerTimer = null;
  }

  // ---- speaking ----

  function speak(): void {
    if (over) return;
    stopExpecting();
    isolated = false;
    term = Math.max(environment.now(), term + 1);
    speaker = me;
    const before = manualRetry ? { ...state, snapshot: { ...state.snapshot, retryAt: null } } : state;
    manualRetry = false;
    const mine = createSocketConnection(
      options,
      environment,
      pipeline,
      {
        changed() {
          if (line !== mine) return;
          state = mine.resumeState();
          post({ kind: 'state', term, state });
          show();
          offer(state.snapshot);
        },
        announce(message) {
          keep(message);
          const foregroundTab = registry.foregroundTab();
          post({ kind: 'message', term, message, foregroundTab });
          return foregroundTab === me;
        },
        ended(reason) {
          if (line !== mine) return;
          post({ kind: 'ended', reason });
          finish(reason);
          host.ended(reason);
        },
      },
      before,
    );
    registry.watch();
    mine.start();
    line = mine;
    greet(null, null);
    show();
  }

  function greet(to: string | null, position: string | null): void {
    if (line) state = line.resumeState();
    const after = recent.findIndex((message) => message.position === position) + 1;
    post({
      kind: 'greeting',
      term,
      to,
      state,
      pendingReplay: pipeline.pendingReplay,
      recent: recent.slice(after),
      count,
      tabs: registry.entries(),
      foregroundTab: registry.foregroundTab(),
    });
  }

  /** offer lets another tab try next: this one may be hidden and slowed down, or cut off alone. */
  function offer({ status, reason, retryAt }: ConnectionSnapshot): void {
    if (status === 'connected') offered = '';
    if (retryAt === null && reason !== 'OFFLINE') return;
    const fall = `${reason} ${retryAt}`;
    if (fall === offered) return;
    if (environment.isVisible() && environment.isOnline() && reason !== 'NETWORK') return;
    const to = registry.next(me);
    if (to === null) return;
    offered = fall;
    post({ kind: 'offer', term, to });
  }

  function stepDown(): void {
    const was = line;
    if (!was) return;
    line = null;
    state = was.resumeState();
    isolated = !environment.isOnline() && state.snapshot.status !== 'connected';
    was.stop();
    registry.stop();
    show();
  }

  /** standAlone is for a browser that has locks, but not for this page. */
  function standAlone(error: unknown): void {
    if (over) return;
    environment.reportError(error);
    channel?.close();
    channel = null;
    if (!line) speak();
  }

  // ---- following ----

  function keep(message: Message): void {
    if (message.kind === 'feed') recent = [...recent, message].slice(-kept);
    else if (message.kind === 'notifications') count = message.count;
  }

  function mirror(next: ResumeState): void {
    const before = state.snapshot;
    const { session, clock } = next.snapshot;
    // A copy of the same thing is not news.
    const sameSession = before.session?.connectionId === session?.connectionId && before.session?.position === session?.position;
    const sameClock = before.clock?.at === clock?.at;
    state = { ...next, snapshot: { ...next.snapshot, session: sameSession ? before.session : session, clock: sameClock ? before.clock : clock } };
    show();
  }

  function handleGreeting(greeting: Greeting, from: string): void {
    const isNew = greeting.term > term;
    term = greeting.term;
    speaker = from;
    for (const [id, tab] of greeting.tabs) if (id !== me) registry.set(id, tab);
    if (isNew) sayHere();
    const { pendingReplay, count: newest } = greeting;
    const { position, snapshot: { session } } = greeting.state;
    const isForegroundTab = greeting.foregroundTab === me;
    mirror(greeting.state);
    if (greeting.to !== null && greeting.to !== me) return;
    if (position !== null && pipeline.position !== null) {
      for (const message of greeting.recent) if (!recent.some((known) => known.position === message.position)) keep(message);
      pipeline.catchUp(greeting.recent, position, pendingReplay, isForegroundTab);
    } else if (position !== null && session) {
      pipeline.take({ kind: 'session', session: { ...session, position, replayed: pendingReplay }, position }, isForegroundTab);
    }
    if (!newest || newest.version === count?.version) return;
    count = newest;
    pipeline.take({ kind: 'notifications', count: newest }, isForegroundTab);
  }

  function handleMessage(message: Message, isForegroundTab: boolean): void {
    keep(message);
    // Only a session says where the feed begins.
    if (message.kind === 'feed' && pipeline.position === null) ask(false);
    else pipeline.take(message, isForegroundTab);
  }

  function handleEnded(reason: ConnectionReason): void {
    const leave = (): void => {
      if (over) return;
      finish(reason);
      host.ended(reason);
    };
    // That was another tab's answer to its own question; this one asks for itself.
    if (reason === 'SIGNED_OUT' && options.refresh) {
      void options.refresh().then((outcome) => {
        if (outcome === 'refused') leave();
      }, () => undefined);
    } else leave();
  }

  function handle(message: Envelope): void {
    switch (message.kind) {
      case 'here':
        registry.set(message.from, message.tab);
        if (term === 0 && isAhead(message.position, state.position)) state = { ...state, pid: message.pid, position: message.position };
        return;
      case 'hello':
        registry.set(message.from, message.tab);
        if (!line && message.position === null) sayHere();
        if (!line) return;
        greet(message.from, message.position);
        if (message.wake) line.wake();
        return;
      case 'bye':
        registry.remove(message.from);
        if (message.from !== speaker || line) return;
        if (state.snapshot.status === 'connected') mirror({ ...state, snapshot: { ...state.snapshot, ...lineless } });
        expectAnswer();
        return;
      case 'seen':
        line?.markSeen(message.eventIds);
        return;
      case 'ended':
        handleEnded(message.reason);
        return;
      default:
        handleSpeaker(message, message.from);
    }
  }

  function handleSpeaker(message: Extract<TabMessage, { term: number }>, from: string): void {
    if (message.term < term || (line && message.term === term)) return;
    // A later speaker: this tab was frozen, and the lock was taken from it.
    stepDown();
    if (isolated) return;
    heardAt = environment.now();
    const forUs = message.kind === 'greeting' && (message.to === null || message.to === me);
    if (message.term > term && !forUs) {
      if (answerTimer === null) ask(false);
      return;
    }
    stopExpecting();
    if (message.kind === 'greeting') handleGreeting(message, from);
    else if (message.kind === 'state') mirror(message.state);
    else if (message.kind === 'message') handleMessage(message.message, message.foregroundTab === me);
    else if (message.to === me) turn.seize();
  }

  // ---- what a person and the browser do ----

  function seizeNow(): void {
    manualRetry = true;
    turn.seize();
  }

  function turnTo(): void {
    sayHere(registry.later(environment.now()));
    if (line || isolated) return;
    // While it waits, this tab tries instead; while it dials, or believes to be connected, it is asked.
    if (state.snapshot.retryAt === null) ask(true);
    else seizeNow();
  }

  function handleOnline(): void {
    sayHere();
    if (!isolated) return;
    isolated = false;
    ask(true);
  }

  /**
   * A frozen tab still hears the others and would answer that it is connected,
   * while nothing comes from the server any more: it does not speak.
   */
  function handleFrozen(frozen: boolean): void {
    if (frozen) {
      stepDown();
      turn.leave();
      stopExpecting();
    } else {
      turn.wait();
      ask(false);
    }
  }

  /** A speaker that hangs keeps its lock; only who looks at a tab needs to find out. */
  function listenOut(): void {
    let timer: TimerHandle;
    const next = (ms: number): void => {
      timer = environment.setTimeout(() => {
        const left = heardAt + timing.silence - environment.now();
        const idle = line !== null || isolated || !environment.isVisible();
        if (left <= 0 && !idle) ask(false);
        next(left > 0 && !idle ? left : timing.silence);
      }, ms);
    };
    next(timing.silence);
    undo.push(() => {
      environment.clearTimeout(timer);
    });
  }

  // ---- from the start to the end ----

  function join(): void {
    joined = true;
    sayHere(environment.isVisible() ? tabs.frontAt() : 0);
    ask(false);
    turn.wait();
    listenOut();
    undo.push(
      environment.onVisible(turnTo),
      environment.onOnline(handleOnline),
      environment.onOffline(() => {
        sayHere();
      }),
      tabs.onHidden(() => {
        sayHere();
      }),
      tabs.onFrozen(handleFrozen),
      tabs.onFront(() => {
        if (registry.foregroundTab() !== me) sayHere(registry.later(environment.now()));
      }),
    );
  }

  function start(): void {
    show();
    try {
      channel = tabs.openChannel(group);
    } catch (error) {
      standAlone(error);
      return;
    }
    channel.addEventListener('message', ({ data }) => {
      const message = joined && !over ? readTabMessage(data, shareAs) : null;
      if (message) handle(message);
    });
    // Held for life, before anybody hears of this tab: whoever gets it knows that the tab is gone.
    tabs.locks
      .request(lifeOf(group, me), {}, () => {
        if (over) return Promise.resolve();
        join();
        return new Promise((resolve) => undo.push(resolve));
      })
      .catch(standAlone);
  }

  function finish(why: ConnectionReason): void {
    if (over) return;
    over = true;
    post({ kind: 'bye' });
    const was = line;
    line = null;
    was?.stop();
    stopExpecting();
    turn.leave();
    registry.stop();
    for (const run of undo) run();
    channel?.close();
    channel = null;
    host.show({ ...state.snapshot, ...lineless, status: 'disconnected', reason: why, limit: null });
  }

  return {
    start,
    stop: () => {
      finish('STOPPED');
    },
    retryNow: () => {
      if (line) line.retryNow();
      else if (state.snapshot.status === 'connected' && !isolated) ask(true);
      else seizeNow();
    },
    markSeen: tellSeen,
    isForegroundTab: () => registry.foregroundTab() === me,
  };
}

const lineless = { status: 'reconnecting', reason: 'CONNECTING', retryAt: null, connectedAt: null, transport: null } as const;
