import type { ResumeState } from '../connection-observer.js';
import type { Environment } from '../environment.js';
import type { EventPipeline } from '../event-pipeline.js';
import type { Membership } from './membership.js';
import type { ConnectionOptions } from '../options.js';
import type { SharedState } from './shared-state.js';
import type { ConnectionReason, ConnectionSnapshot } from '../snapshot.js';
import { createSocketConnection } from '../socket-connection.js';

/** What the parts of a tab's role work with. */
export interface Role {
  readonly options: ConnectionOptions;
  readonly environment: Environment;
  readonly pipeline: EventPipeline;
  readonly membership: Membership;
  readonly shared: SharedState;
  /** changed: the shared state is another one. */
  changed(): void;
  ended(reason: ConnectionReason): void;
}

/** The tab that has the socket and forwards everything to the others. */
export interface Leader {
  wake(): void;
  retryNow(): void;
  markSeen(eventIds: readonly string[]): void;
  /** sendState answers a tab that is at `position`; null: every tab. */
  sendState(to: string | null, position: string | null): void;
  /** resign stops the socket; the shared state is what the next leader resumes. */
  resign(): void;
}

/** createLeader starts a term: it connects, resuming `before`, and tells the other tabs. */
export function createLeader(role: Role, before: ResumeState): Leader {
  const { environment, pipeline, membership, shared } = role;
  const { registry } = membership;
  const { term } = shared;
  let leading = false;
  /** The failure for which the next try was offered to another tab. */
  let offered = '';

  const connection = createSocketConnection(
    role.options,
    environment,
    pipeline,
    {
      changed() {
        if (!leading) return;
        shared.resume = connection.resumeState();
        membership.post({ kind: 'stateChanged', term, state: shared.resume });
        role.changed();
        offerRetry(shared.resume.snapshot);
      },
      announce(message) {
        shared.remember(message);
        const foregroundTab = registry.foregroundTab();
        membership.post({ kind: 'message', term, message, foregroundTab });
        return foregroundTab === membership.id;
      },
      ended(reason) {
        if (!leading) return;
        membership.post({ kind: 'ended', reason });
        role.ended(reason);
      },
    },
    before,
  );

  /** offerRetry lets another tab try next: this one may be throttled because it is hidden, or offline alone. */
  function offerRetry({ status, reason, retryAt }: ConnectionSnapshot): void {
    if (status === 'connected') offered = '';
    if (retryAt === null && reason !== 'OFFLINE') return;
    const failure = `${reason} ${retryAt}`;
    if (failure === offered) return;
    if (environment.isVisible() && environment.isOnline() && reason !== 'NETWORK') return;
    const to = registry.successor(membership.id);
    if (to === null) return;
    offered = failure;
    membership.post({ kind: 'retryOffer', term, to });
  }

  function sendState(to: string | null, position: string | null): void {
    shared.resume = connection.resumeState();
    membership.post({
      kind: 'leaderState',
      term,
      to,
      state: shared.resume,
      pendingReplay: pipeline.pendingReplay,
      recent: shared.recentAfter(position),
      count: shared.count,
      tabs: registry.entries(),
      foregroundTab: registry.foregroundTab(),
    });
  }

  registry.watch();
  connection.start();
  leading = true;
  sendState(null, null);

  return {
    wake: connection.wake,
    retryNow: connection.retryNow,
    markSeen: connection.markSeen,
    sendState,
    resign() {
      leading = false;
      shared.resume = connection.resumeState();
      connection.stop();
      registry.stop();
    },
  };
}
