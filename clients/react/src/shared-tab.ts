import type { Environment, TimerHandle } from './environment.js';
import type { FeedMessage, Inbox, Message } from './inbox.js';
import { createLine } from './line.js';
import type { ConnectionOptions } from './options.js';
import type { Handover, Line } from './outlet.js';
import type { Host, Tab } from './own-tab.js';
import { isAhead } from './position.js';
import { createRoster, lifeOf, type TabState } from './roster.js';
import { stoppedSnapshot, type ConnectionReason, type ConnectionSnapshot } from './snapshot.js';
import type { ChannelPort, Tabs } from './tabs.js';
import { readTalk, type Envelope, type Greeting, type Talk } from './talk.js';
import { timing } from './timing.js';
import { createTurn } from './turn.js';
import type { NotificationCount } from './wire.js';

const kept = 100;
const dialling: Handover = {
  pid: null,
  position: null,
  snapshot: { ...stoppedSnapshot, status: 'reconnecting', reason: 'CONNECTING' },
  climbed: 0,
  turned: false,
};

/**
 * createSharedTab is a tab that shares one line with the others that name the
 * same `shareAs`. Who holds the Web Lock speaks: it has the line and passes
 * everything on over a BroadcastChannel. The others follow: they show what it
 * shows, and know enough (seat, place, ladder) to go on where it ends.
 *
 * The lock passes when the speaker's tab closes, crashes or is frozen. It is taken away
 * when the speaker does not answer within 2 s, and while its tries fail: by the
 * tab that a person turns to, and by one that it offers the next try to.
 */
export function createSharedTab(
  options: ConnectionOptions & { readonly shareAs: string },
  environment: Environment,
  tabs: Tabs,
  inbox: Inbox,
  host: Host,
): Tab {
  const { shareAs } = options;
  // The number is that of this talk: a page of another version does not join.
  const group = `harang/1 ${options.url ?? ''} ${shareAs}`;
  const me = tabs.newId();
  const roster = createRoster(group, me, tabs.locks);
  const undo: (() => void)[] = [];

  let channel: ChannelPort | null = null;
  let line: Line | null = null;
  let state = dialling;
  let count: NotificationCount | null = null;
  let recent: FeedMessage[] = [];
  let unsaid: string[] = [];

  let term = 0;
  let speaker: string | null = null;
  let heardAt = environment.now();
  let answerTimer: TimerHandle | null = null;
  let hurried = false;
  let offered = '';
  /** This tab is cut off while the others are not: it is what it says, offline, until its network is back. */
  let aside = false;
  let joined = false;
  let over = false;

  const turn = createTurn(tabs.locks, group, {
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
    host.show(aside ? { ...snapshot, ...lineless, status: 'disconnected', reason: 'OFFLINE' } : snapshot);
    if (snapshot.status === 'connected' && unsaid.length > 0) tellSeen(unsaid.splice(0));
  }

  function post(talk: Talk): void {
    try {
      channel?.postMessage({ ...talk, from: me, as: shareAs });
    } catch (error) {
      environment.reportError(error);
    }
  }

  function own(front: number): TabState {
    const tab = { front, visible: environment.isVisible(), online: environment.isOnline() };
    roster.set(me, tab);
    return tab;
  }

  function lastFront(): number {
    return roster.entries().find(([id]) => id === me)?.[1].front ?? 0;
  }

  function sayHere(front = lastFront()): void {
    post({ kind: 'here', tab: own(front), pid: state.pid, position: inbox.position });
  }

  function tellSeen(eventIds: readonly string[]): void {
    if (line) line.markSeen(eventIds);
    else if (state.snapshot.status === 'connected') post({ kind: 'seen', eventIds });
    else unsaid = [...unsaid, ...eventIds].slice(-1000);
  }

  /** ask makes the speaker answer, or loses it its turn. */
  function ask(wake: boolean): void {
    post({ kind: 'hello', tab: own(lastFront()), position: inbox.position, wake });
    expectAnswer();
  }

  function expectAnswer(): void {
    answerTimer ??= environment.setTimeout(() => {
      answerTimer = null;
      // A hidden tab can wait: its turn comes with the lock, or when somebody looks at it.
      if (!over && !line && !aside && environment.isVisible()) turn.seize();
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
    aside = false;
    term = Math.max(environment.now(), term + 1);
    speaker = me;
    const before = hurried ? { ...state, snapshot: { ...state.snapshot, retryAt: null } } : state;
    hurried = false;
    const mine = createLine(
      options,
      environment,
      inbox,
      {
        changed() {
          if (line !== mine) return;
          state = mine.handover();
          post({ kind: 'state', term, state });
          show();
          offer(state.snapshot);
        },
        announce(message) {
          keep(message);
          const foremost = roster.foremost();
          post({ kind: 'message', term, message, foremost });
          return foremost === me;
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
    roster.watch();
    mine.start();
    line = mine;
    greet(null, null);
    show();
  }

  function greet(to: string | null, position: string | null): void {
    if (line) state = line.handover();
    const after = recent.findIndex((message) => message.position === position) + 1;
    post({
      kind: 'greeting',
      term,
      to,
      state,
      due: inbox.due,
      recent: recent.slice(after),
      count,
      tabs: roster.entries(),
      foremost: roster.foremost(),
    });
  }

  /** offer lets another tab try next: this one may be hidden and slowed down, or cut off alone. */
  function offer({ status, reason, retryAt }: ConnectionSnapshot): void {
    if (status === 'connected') offered = '';
    if (retryAt === null && reason !== 'OFFLINE') return;
    const fall = `${reason} ${retryAt}`;
    if (fall === offered) return;
    if (environment.isVisible() && environment.isOnline() && reason !== 'NETWORK') return;
    const to = roster.next(me);
    if (to === null) return;
    offered = fall;
    post({ kind: 'offer', term, to });
  }

  function stepDown(): void {
    const was = line;
    if (!was) return;
    line = null;
    state = was.handover();
    aside = !environment.isOnline() && state.snapshot.status !== 'connected';
    was.stop();
    roster.stop();
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

  function mirror(next: Handover): void {
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
    for (const [id, tab] of greeting.tabs) if (id !== me) roster.set(id, tab);
    if (isNew) sayHere();
    const { due, count: newest } = greeting;
    const { position, snapshot: { session } } = greeting.state;
    const foremost = greeting.foremost === me;
    mirror(greeting.state);
    if (greeting.to !== null && greeting.to !== me) return;
    if (position !== null && inbox.position !== null) {
      for (const message of greeting.recent) if (!recent.some((known) => known.position === message.position)) keep(message);
      inbox.catchUp(greeting.recent, position, due, foremost);
    } else if (position !== null && session) {
      inbox.take({ kind: 'session', session: { ...session, position, replayed: due }, position }, foremost);
    }
    if (!newest || newest.version === count?.version) return;
    count = newest;
    inbox.take({ kind: 'notifications', count: newest }, foremost);
  }

  function handleMessage(message: Message, foremost: boolean): void {
    keep(message);
    // Only a session says where the feed begins.
    if (message.kind === 'feed' && inbox.position === null) ask(false);
    else inbox.take(message, foremost);
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

  function handle(talk: Envelope): void {
    switch (talk.kind) {
      case 'here':
        roster.set(talk.from, talk.tab);
        if (term === 0 && isAhead(talk.position, state.position)) state = { ...state, pid: talk.pid, position: talk.position };
        return;
      case 'hello':
        roster.set(talk.from, talk.tab);
        if (!line && talk.position === null) sayHere();
        if (!line) return;
        greet(talk.from, talk.position);
        if (talk.wake) line.wake();
        return;
      case 'bye':
        roster.remove(talk.from);
        if (talk.from !== speaker || line) return;
        if (state.snapshot.status === 'connected') mirror({ ...state, snapshot: { ...state.snapshot, ...lineless } });
        expectAnswer();
        return;
      case 'seen':
        line?.markSeen(talk.eventIds);
        return;
      case 'ended':
        handleEnded(talk.reason);
        return;
      default:
        handleSpeaker(talk, talk.from);
    }
  }

  function handleSpeaker(talk: Extract<Talk, { term: number }>, from: string): void {
    if (talk.term < term || (line && talk.term === term)) return;
    // A later speaker: this tab was frozen, and the lock was taken from it.
    stepDown();
    if (aside) return;
    heardAt = environment.now();
    const forUs = talk.kind === 'greeting' && (talk.to === null || talk.to === me);
    if (talk.term > term && !forUs) {
      if (answerTimer === null) ask(false);
      return;
    }
    stopExpecting();
    if (talk.kind === 'greeting') handleGreeting(talk, from);
    else if (talk.kind === 'state') mirror(talk.state);
    else if (talk.kind === 'message') handleMessage(talk.message, talk.foremost === me);
    else if (talk.to === me) turn.seize();
  }

  // ---- what a person and the browser do ----

  function seizeNow(): void {
    hurried = true;
    turn.seize();
  }

  function turnTo(): void {
    sayHere(roster.later(environment.now()));
    if (line || aside) return;
    // While it waits, this tab tries instead; while it dials, or believes to be connected, it is asked.
    if (state.snapshot.retryAt === null) ask(true);
    else seizeNow();
  }

  function handleOnline(): void {
    sayHere();
    if (!aside) return;
    aside = false;
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
        const idle = line !== null || aside || !environment.isVisible();
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
        if (roster.foremost() !== me) sayHere(roster.later(environment.now()));
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
      const talk = joined && !over ? readTalk(data, shareAs) : null;
      if (talk) handle(talk);
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
    roster.stop();
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
      else if (state.snapshot.status === 'connected' && !aside) ask(true);
      else seizeNow();
    },
    markSeen: tellSeen,
    isForemost: () => roster.foremost() === me,
  };
}

const lineless = { status: 'reconnecting', reason: 'CONNECTING', retryAt: null, connectedAt: null, transport: null } as const;
