import { initialState } from '../connection-machine.js';
import type { ResumeState } from '../connection-observer.js';
import type { FeedMessage, Message } from '../event-pipeline.js';
import type { NotificationCount } from '../server-messages.js';
import { stoppedSnapshot, type ConnectionSnapshot } from '../snapshot.js';

const recentLimit = 100;

/** What every tab knows of the shared connection, so that any of them can lead next. */
export interface SharedState {
  resume: ResumeState;
  /** The term of the current leader; 0 before the first. */
  term: number;
  readonly count: NotificationCount | null;
  /** remember keeps the newest events and the newest count. */
  remember(message: Message): void;
  knows(message: FeedMessage): boolean;
  /** recentAfter returns the kept events after `position`, all of them when it is not among them. */
  recentAfter(position: string | null): readonly FeedMessage[];
  setSnapshot(patch: Partial<ConnectionSnapshot>): void;
}

export function createSharedState(): SharedState {
  let recent: FeedMessage[] = [];
  let count: NotificationCount | null = null;
  return {
    resume: {
      pid: null,
      position: null,
      snapshot: { ...stoppedSnapshot, status: 'reconnecting', reason: 'CONNECTING' },
      progress: initialState.progress,
    },
    term: 0,
    get count() {
      return count;
    },
    remember(message) {
      if (message.kind === 'feed') recent = [...recent, message].slice(-recentLimit);
      else if (message.kind === 'notifications') count = message.count;
    },
    knows: ({ position }) => recent.some((known) => known.position === position),
    recentAfter: (position) => recent.slice(recent.findIndex((message) => message.position === position) + 1),
    setSnapshot(patch) {
      this.resume = { ...this.resume, snapshot: { ...this.resume.snapshot, ...patch } };
    },
  };
}

/** What the tabs show between two leaders. */
export const leaderless = {
  status: 'reconnecting',
  reason: 'CONNECTING',
  retryAt: null,
  connectedAt: null,
  transport: null,
} as const;
