import type {
  Claim,
  ClockComparison,
  Delivery,
  ForegroundTab,
  Gap,
  NewLogin,
  NotificationCount,
  Reload,
  ReplayBatch,
  SessionInfo,
  TestAlert,
} from '@harang/react';
import type { QueryClient } from '@tanstack/react-query';
import { eventEntry } from '../events/registry';
import { emptyUnreadCount, replaceBase, countEvent, type UnreadCount } from '@harang/react';
import { createMicroBatch } from './micro-batch';
import { createCoalescer } from './coalesce';
import { claimInCaches, claimKeys } from '../api/claims';
import { type Key, keys } from '../api/keys';
import { addToLists, cancelCount } from '../api/notifications';
import { forgetUnused, isReading, refresh, refreshAll, retryFailed } from '../api/refresh';
import { shouldToast } from './should-toast';
import { createStore, type Store } from '@harang/react';
import { travelTime, type ArrivedAlert } from './test-alert';
import type { QueuedContent } from './toast-content';
import { createToastQueue, type ToastQueue } from '@harang/react';

/** What became of this page's absences since the user signed in or opened it. */
export interface Absences {
  /** How often the connection has come about, the first time included. */
  readonly sessions: number;
  /** How many events were made up for. */
  readonly replayed: number;
  /** The gaps, the oldest first; `at` is Unix milliseconds of this device. */
  readonly gaps: readonly { readonly at: number; readonly gap: Gap }[];
}

/** What the live parts of the page share: state, and what each message does to it. */
export interface Controller {
  readonly badge: Store<UnreadCount>;
  readonly digest: Store<ReplayBatch | null>;
  readonly gap: Store<Gap | null>;
  readonly panel: Store<boolean>;
  readonly toasts: ToastQueue<QueuedContent>;
  readonly absences: Store<Absences>;
  /** The newest test alerts, the newest last. */
  readonly testAlerts: Store<readonly ArrivedAlert[]>;
  /** Counted and listed in every tab; a toast, a digest card and a gap line are shown in the foreground tab. */
  handleEvent: (delivery: Delivery & ForegroundTab) => void;
  handleReplay: (digest: ReplayBatch & ForegroundTab) => void;
  handleGap: (gap: Gap & ForegroundTab) => void;
  handleReload: (reload: Reload) => void;
  handleSession: (session: SessionInfo) => void;
  handleNotifications: (count: NotificationCount) => void;
  handleClaim: (claim: Claim) => void;
  /** `clock` is the comparison of the moment. */
  handleTestAlert: (alert: TestAlert & ForegroundTab, clock: ClockComparison | null) => void;
  handleNewLogin: (login: NewLogin & ForegroundTab) => void;
  /** replaceCount takes the count that a GET brought. */
  replaceCount: (count: NotificationCount) => void;
  openPanel: () => void;
  stop: () => void;
}

/** The server is asked for its count when this many events came after the last one. */
const countAfter = 500;

export function createController(client: QueryClient): Controller {
  const badge = createStore(emptyUnreadCount);
  const digest = createStore<ReplayBatch | null>(null);
  const gap = createStore<Gap | null>(null);
  const panel = createStore(false);
  const toasts = createToastQueue<QueuedContent>();
  const absences = createStore<Absences>({ sessions: 0, replayed: 0, gaps: [] });
  const testAlerts = createStore<readonly ArrivedAlert[]>([]);
  const reading = createCoalescer<Key>((key) => refresh(client, [key]));

  const touch = (types: Iterable<string>): void => {
    for (const type of new Set(types)) {
      // The first key is the list that people look at: it does not wait for the batch.
      eventEntry(type)?.touches.forEach((key, index) => reading.add(key, index === 0));
    }
  };
  /** An answer in flight may miss the event that just arrived: the query is repeated. */
  const overtake = (...each: readonly Key[]): void => {
    for (const key of each) if (isReading(client, key)) reading.add(key);
  };
  const count = (deliveries: readonly Delivery[]): void => {
    badge.set(deliveries.reduce((sum, { position }) => countEvent(sum, position), badge.get()));
    // Thousands without a word of the server's: it is asked, before the oldest are given up.
    if (badge.get().later.length >= countAfter) reading.add(keys.notificationCount);
  };
  const show = (deliveries: readonly Delivery[]): void => {
    if (
      !addToLists(
        client,
        deliveries.map(({ event }) => event),
      )
    )
      reading.add(keys.notificationList, true);
    overtake(keys.notificationList);
  };
  const live = createMicroBatch<Delivery & ForegroundTab>((deliveries) => {
    count(deliveries);
    for (const { event, isForegroundTab } of deliveries) {
      if (!isForegroundTab || !shouldToast(event)) continue;
      toasts.add({
        id: event.eventId,
        urgent: eventEntry(event.type)?.kind === 'error',
        content: { event },
      });
    }
    show(deliveries);
    touch(deliveries.map(({ event }) => event.type));
  });
  const replaceCount = (next: NotificationCount): void => badge.set(replaceBase(badge.get(), next));

  return {
    badge,
    digest,
    gap,
    panel,
    toasts,
    absences,
    testAlerts,
    replaceCount,
    handleEvent: (delivery) => live.add(delivery),
    handleReplay(next) {
      absences.set({ ...absences.get(), replayed: absences.get().replayed + next.deliveries.length });
      count(next.deliveries);
      if (next.isForegroundTab) digest.set(next);
      show(next.deliveries);
      touch(next.deliveries.map(({ event }) => event.type));
    },
    handleGap(next) {
      absences.set({ ...absences.get(), gaps: [...absences.get().gaps, { at: Date.now(), gap: next }].slice(-50) });
      // Counts of another epoch say nothing about this one.
      if (next.reason === 'epoch' || next.reason === 'ahead') badge.set(emptyUnreadCount);
      if (next.reason === 'epoch') {
        // What this page has may name a person who was erased.
        toasts.clear();
        digest.set(null);
        forgetUnused(client);
      }
      if (next.isForegroundTab) gap.set(next);
    },
    handleReload() {
      void refreshAll(client);
    },
    handleSession(session) {
      void retryFailed(client);
      absences.set({ ...absences.get(), sessions: absences.get().sessions + 1 });
      const { base } = badge.get();
      // Somebody read something while this page was away; the lists show it too.
      if (session.recovered && base && session.version > base.version) reading.add(keys.notifications, true);
    },
    handleNotifications(next) {
      const before = badge.get();
      replaceCount(next);
      if (badge.get() !== before) reading.add(keys.notificationList);
    },
    handleClaim({ eventId, by, at }) {
      const claim = by && { eventId, by, at: at ?? new Date().toISOString() };
      if (!claimInCaches(client, eventId, claim)) reading.add(keys.paymentFailures, true);
      overtake(...claimKeys);
    },
    handleTestAlert({ isForegroundTab, ...alert }, clock) {
      const arrived = { ...alert, hereAt: Date.now() };
      testAlerts.set([...testAlerts.get(), arrived].slice(-10));
      const took = travelTime(arrived, clock);
      if (isForegroundTab) toasts.add({ id: alert.id, urgent: false, content: { testAlert: arrived, tookMs: took } });
    },
    handleNewLogin({ isForegroundTab, ...login }) {
      reading.add(keys.ownSessions, true);
      const id = `login-${login.at}`;
      if (isForegroundTab) toasts.add({ id, urgent: true, content: { newLogin: { id, ...login } } });
    },
    openPanel() {
      panel.set(true);
      toasts.clear();
      digest.set(null);
    },
    stop() {
      live.stop();
      reading.stop();
      toasts.clear();
      void cancelCount(client);
    },
  };
}
