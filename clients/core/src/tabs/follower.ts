import type { TimerHandle } from '../environment.js';
import type { Message } from '../event-pipeline.js';
import type { ResumeState } from '../connection-observer.js';
import type { Role } from './leader.js';
import { leaderless } from './shared-state.js';
import type { LeaderMessage, LeaderState } from './tab-messages.js';
import { timing } from '../timing.js';

/** What a follower asks of the tab it belongs to. */
export interface FollowerEvents {
  /** announce tells the other tabs of this one. */
  announce(): void;
  /** leaderSilent: no answer within 2 s. */
  leaderSilent(): void;
  retryOffered(): void;
}

/** A tab that shows what the leader has, and knows enough to continue where the leader ends. */
export interface Follower {
  /** requestState makes the leader answer, or lose the lock; `wake`: it also probes the server. */
  requestState(wake: boolean): void;
  expectAnswer(): void;
  stopExpecting(): void;
  /** receive takes a message of the current leader, `from`. */
  receive(message: LeaderMessage, from: string): void;
  /** tabLeft: tab `id` is gone; when it was the leader, another answers soon. */
  tabLeft(id: string): void;
  /** lastMessageAt is when the leader was last heard, Unix milliseconds. */
  readonly lastMessageAt: number;
}

export function createFollower(role: Role, events: FollowerEvents): Follower {
  const { environment, pipeline, membership, shared } = role;
  const { id, registry } = membership;
  let leader: string | null = null;
  let lastMessageAt = environment.now();
  let answerTimer: TimerHandle | null = null;

  function requestState(wake: boolean): void {
    membership.post({ kind: 'stateRequest', tab: membership.ownState(), position: pipeline.position, wake });
    expectAnswer();
  }

  function expectAnswer(): void {
    answerTimer ??= environment.setTimeout(() => {
      answerTimer = null;
      events.leaderSilent();
    }, timing.probeLimit);
  }

  function stopExpecting(): void {
    if (answerTimer !== null) environment.clearTimeout(answerTimer);
    answerTimer = null;
  }

  function applyState(next: ResumeState): void {
    const before = shared.resume.snapshot;
    const { session, clock } = next.snapshot;
    // A copy of the same object is not a change.
    const sameSession =
      before.session?.connectionId === session?.connectionId && before.session?.position === session?.position;
    const sameClock = before.clock?.at === clock?.at;
    shared.resume = next;
    shared.setSnapshot({ session: sameSession ? before.session : session, clock: sameClock ? before.clock : clock });
    role.changed();
  }

  function receiveState(message: LeaderState, from: string): void {
    const isNew = message.term > shared.term;
    shared.term = message.term;
    leader = from;
    for (const [other, tab] of message.tabs) if (other !== id) registry.set(other, tab);
    if (isNew) events.announce();
    const { pendingReplay, count } = message;
    const {
      position,
      snapshot: { session },
    } = message.state;
    const isForegroundTab = message.foregroundTab === id;
    applyState(message.state);
    if (message.to !== null && message.to !== id) return;
    if (position !== null && pipeline.position !== null) {
      for (const recent of message.recent) if (!shared.knows(recent)) shared.remember(recent);
      pipeline.catchUp(message.recent, position, pendingReplay, isForegroundTab);
    } else if (position !== null && session) {
      pipeline.take(
        { kind: 'session', session: { ...session, position, replayed: pendingReplay }, position },
        isForegroundTab,
      );
    }
    if (!count || count.version === shared.count?.version) return;
    shared.remember({ kind: 'notifications', count });
    pipeline.take({ kind: 'notifications', count }, isForegroundTab);
  }

  function receiveMessage(message: Message, isForegroundTab: boolean): void {
    shared.remember(message);
    // Only a session says where the feed begins.
    if (message.kind === 'feed' && pipeline.position === null) requestState(false);
    else pipeline.take(message, isForegroundTab);
  }

  return {
    requestState,
    expectAnswer,
    stopExpecting,
    receive(message, from) {
      lastMessageAt = environment.now();
      const isAnswer = message.kind === 'leaderState' && (message.to === null || message.to === id);
      if (message.term > shared.term && !isAnswer) {
        if (answerTimer === null) requestState(false);
        return;
      }
      stopExpecting();
      if (message.kind === 'leaderState') receiveState(message, from);
      else if (message.kind === 'stateChanged') applyState(message.state);
      else if (message.kind === 'message') receiveMessage(message.message, message.foregroundTab === id);
      else if (message.to === id) events.retryOffered();
    },
    tabLeft(gone) {
      if (gone !== leader) return;
      if (shared.resume.snapshot.status === 'connected') {
        shared.setSnapshot(leaderless);
        role.changed();
      }
      expectAnswer();
    },
    get lastMessageAt() {
      return lastMessageAt;
    },
  };
}
