import type { Tabs } from './browser-tabs.js';
import type { TabConnection, TabObserver } from '../connection-observer.js';
import type { Environment, TimerHandle } from '../environment.js';
import type { EventPipeline } from '../event-pipeline.js';
import { createFollower } from './follower.js';
import { createLeaderLock } from './leader-lock.js';
import { createLeader, type Leader, type Role } from './leader.js';
import { defaultNamespace, managerOptions } from '../manager.js';
import { createMembership } from './membership.js';
import type { ConnectionOptions } from '../options.js';
import { isAhead } from '../position.js';
import { createSharedState, leaderless } from './shared-state.js';
import type { ConnectionReason } from '../snapshot.js';
import type { Envelope, LeaderMessage } from './tab-messages.js';
import { timing } from '../timing.js';

/** What this tab is to the others. */
type TabRole =
  | { readonly kind: 'joining' }
  | { readonly kind: 'leader'; readonly leader: Leader }
  | { readonly kind: 'follower' }
  /** Offline while the others are not: it shows that, and follows again when its network is back. */
  | { readonly kind: 'isolated' }
  | { readonly kind: 'ended' };

/** Seen ids that wait for a connection, at most. */
const unsentLimit = 1000;

/**
 * createTabCoordinator is a tab that shares one socket with the others of the same `shareAs`. The holder of the Web
 * Lock leads: it has the socket and forwards everything over a BroadcastChannel. The others follow.
 *
 * The lock passes on when the leader's tab closes, crashes or is frozen. It is stolen when the leader does not answer
 * within 2 s and, while its tries fail, by a tab that a person uses or that is offered the next try.
 */
export function createTabCoordinator(
  shareAs: string,
  options: ConnectionOptions,
  environment: Environment,
  tabs: Tabs,
  pipeline: EventPipeline,
  observer: TabObserver,
): TabConnection {
  const { url = '', path = managerOptions.path, namespace = defaultNamespace } = options;
  // The number is the version of the tab messages: a page of another version does not join.
  const group = `harang/3 ${url}${path}${namespace} ${shareAs}`;
  const shared = createSharedState();
  const unsubscribe: (() => void)[] = [];
  let role: TabRole = { kind: 'joining' };
  /** The next leadership was asked for by a person: it does not wait out the backoff. */
  let manualRetry = false;
  let unsentSeen: readonly string[] = [];

  const membership = createMembership(group, shareAs, tabs, environment, {
    joined,
    received: (message) => {
      if (role.kind !== 'joining') receive(message);
    },
    failed: leadAlone,
  });
  const { registry } = membership;
  const lock = createLeaderLock(tabs.locks, group, {
    acquired: lead,
    lost() {
      stepDown();
      lock.wait();
      follower.expectAnswer();
    },
    failed: leadAlone,
  });
  const context: Role = { options, environment, pipeline, membership, shared, changed: show, ended: end };
  const follower = createFollower(context, {
    announce,
    leaderSilent() {
      // A hidden tab can wait: until it has the lock, or a person looks at it.
      if (role.kind === 'follower' && environment.isVisible()) lock.steal();
    },
    retryOffered: lock.steal,
  });

  function show(): void {
    const { snapshot } = shared.resume;
    observer.show(
      role.kind === 'isolated' ? { ...snapshot, ...leaderless, status: 'disconnected', reason: 'OFFLINE' } : snapshot,
    );
    if (snapshot.status !== 'connected' || unsentSeen.length === 0) return;
    const eventIds = unsentSeen;
    unsentSeen = [];
    markSeen(eventIds);
  }

  function announce(lastUsedAt?: number): void {
    const tab = membership.ownState(lastUsedAt);
    membership.post({ kind: 'presence', tab, pid: shared.resume.pid, position: pipeline.position });
  }

  function markSeen(eventIds: readonly string[]): void {
    if (role.kind === 'leader') role.leader.markSeen(eventIds);
    else if (shared.resume.snapshot.status === 'connected') membership.post({ kind: 'seen', eventIds });
    else unsentSeen = [...unsentSeen, ...eventIds].slice(-unsentLimit);
  }

  // ---- roles ----

  function lead(): void {
    if (role.kind === 'ended') return;
    follower.stopExpecting();
    shared.term = Math.max(environment.now(), shared.term + 1);
    const before = manualRetry
      ? { ...shared.resume, snapshot: { ...shared.resume.snapshot, retryAt: null } }
      : shared.resume;
    manualRetry = false;
    role = { kind: 'leader', leader: createLeader(context, before) };
    show();
  }

  function stepDown(): void {
    if (role.kind !== 'leader') return;
    const { leader } = role;
    role = { kind: 'follower' };
    leader.resign();
    if (!environment.isOnline() && shared.resume.snapshot.status !== 'connected') role = { kind: 'isolated' };
    show();
  }

  /** leadAlone is for a browser that has locks and channels, but not for this page. */
  function leadAlone(error: unknown): void {
    if (role.kind === 'ended') return;
    environment.reportError(error);
    membership.disconnect();
    if (role.kind !== 'leader') lead();
  }

  function stealNow(): void {
    manualRetry = true;
    lock.steal();
  }

  // ---- messages of the other tabs ----

  function receive(message: Envelope): void {
    switch (message.kind) {
      case 'presence':
        registry.set(message.from, message.tab);
        if (shared.term === 0 && isAhead(message.position, shared.resume.position)) {
          shared.resume = { ...shared.resume, pid: message.pid, position: message.position };
        }
        return;
      case 'stateRequest':
        registry.set(message.from, message.tab);
        if (role.kind !== 'leader') {
          if (message.position === null) announce();
          return;
        }
        role.leader.sendState(message.from, message.position);
        if (message.wake) role.leader.wake();
        return;
      case 'left':
        registry.remove(message.from);
        if (role.kind !== 'leader') follower.tabLeft(message.from);
        return;
      case 'seen':
        if (role.kind === 'leader') role.leader.markSeen(message.eventIds);
        return;
      case 'ended':
        receiveEnded(message.reason);
        return;
      default:
        receiveFromLeader(message, message.from);
    }
  }

  function receiveFromLeader(message: LeaderMessage, from: string): void {
    if (message.term < shared.term || (role.kind === 'leader' && message.term === shared.term)) return;
    // A later leader: this tab was frozen, and the lock was stolen.
    stepDown();
    if (role.kind !== 'isolated') follower.receive(message, from);
  }

  function receiveEnded(reason: ConnectionReason): void {
    // SIGNED_OUT is the answer to the other tab's own renewal; this tab asks for itself.
    if (reason === 'SIGNED_OUT' && options.refresh) {
      void options.refresh().then(
        (outcome) => {
          if (outcome === 'refused') end(reason);
        },
        () => undefined,
      );
    } else end(reason);
  }

  // ---- the person and the browser ----

  function handleUse(): void {
    announce(registry.nextUseTime(environment.now()));
    if (role.kind === 'leader' || role.kind === 'isolated') return;
    // While the leader waits, this tab tries instead; while it connects, or looks connected, it is asked.
    if (shared.resume.snapshot.retryAt === null) follower.requestState(true);
    else stealNow();
  }

  function handleOnline(): void {
    announce();
    if (role.kind !== 'isolated') return;
    role = { kind: 'follower' };
    follower.requestState(true);
  }

  /** A frozen tab still receives messages, and would go on answering for a dead socket: it does not lead. */
  function handleFrozen(frozen: boolean): void {
    if (frozen) {
      stepDown();
      lock.release();
      follower.stopExpecting();
    } else {
      lock.wait();
      follower.requestState(false);
    }
  }

  /** A leader that hangs keeps the lock: a visible follower asks after 5 s of silence. */
  function watchSilence(): void {
    let timer: TimerHandle;
    const check = (ms: number): void => {
      timer = environment.setTimeout(() => {
        const left = follower.lastMessageAt + timing.leaderSilence - environment.now();
        const watching = role.kind === 'follower' && environment.isVisible();
        if (left <= 0 && watching) follower.requestState(false);
        check(left > 0 && watching ? left : timing.leaderSilence);
      }, ms);
    };
    check(timing.leaderSilence);
    unsubscribe.push(() => {
      environment.clearTimeout(timer);
    });
  }

  function joined(): void {
    role = { kind: 'follower' };
    announce(environment.isVisible() ? tabs.lastUsedAt() : 0);
    follower.requestState(false);
    lock.wait();
    watchSilence();
    unsubscribe.push(
      environment.onVisible(handleUse),
      environment.onOnline(handleOnline),
      environment.onOffline(announce),
      tabs.onHidden(announce),
      tabs.onFrozen(handleFrozen),
      tabs.onUsed(() => {
        if (!membership.isForegroundTab()) announce(registry.nextUseTime(environment.now()));
      }),
    );
  }

  function finish(reason: ConnectionReason): void {
    if (role.kind === 'ended') return;
    const before = role;
    role = { kind: 'ended' };
    membership.leave();
    if (before.kind === 'leader') before.leader.resign();
    follower.stopExpecting();
    lock.release();
    for (const undo of unsubscribe) undo();
    observer.show({ ...shared.resume.snapshot, ...leaderless, status: 'disconnected', reason, limit: null });
  }

  function end(reason: ConnectionReason): void {
    if (role.kind === 'ended') return;
    finish(reason);
    observer.ended(reason);
  }

  return {
    start() {
      show();
      membership.join();
    },
    stop: () => {
      finish('STOPPED');
    },
    retryNow() {
      if (role.kind === 'leader') role.leader.retryNow();
      else if (shared.resume.snapshot.status === 'connected' && role.kind !== 'isolated') follower.requestState(true);
      else stealNow();
    },
    markSeen,
    isForegroundTab: membership.isForegroundTab,
  };
}
