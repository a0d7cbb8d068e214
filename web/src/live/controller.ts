import type { Claim, Delivery, Digest, FeedEvent, Gap, NotificationCount, Reload, SessionInfo } from '@harang/react';
import type { QueryClient } from '@tanstack/react-query';
import { eventEntry } from '../events/registry';
import { emptyBadge, withCount, withEvent, type Badge } from './badge';
import { createBurst } from './burst';
import { createCoalescer } from './coalesce';
import { addToLists, claimInCaches, countKey, listKey } from './notifications';
import { rings } from './rings';
import { createStore, type Store } from './store';
import { createToastQueue, type Queued, type ToastQueue } from './toast-queue';

export interface QueuedEvent extends Queued {
  readonly event: FeedEvent;
}

/** What the live parts of the page share: state, and what each message does to it. */
export interface Controller {
  readonly badge: Store<Badge>;
  readonly digest: Store<Digest | null>;
  readonly gap: Store<Gap | null>;
  readonly panel: Store<boolean>;
  readonly toasts: ToastQueue<QueuedEvent>;
  handleEvent: (event: FeedEvent, position: string) => void;
  handleReplay: (digest: Digest) => void;
  handleGap: (gap: Gap) => void;
  handleReload: (reload: Reload) => void;
  handleSession: (session: SessionInfo) => void;
  handleNotifications: (count: NotificationCount) => void;
  handleClaim: (claim: Claim) => void;
  /** replaceCount takes the count that a GET brought. */
  replaceCount: (count: NotificationCount) => void;
  openPanel: () => void;
  stop: () => void;
}

export function createController(client: QueryClient): Controller {
  const badge = createStore(emptyBadge);
  const digest = createStore<Digest | null>(null);
  const gap = createStore<Gap | null>(null);
  const panel = createStore(false);
  const toasts = createToastQueue<QueuedEvent>();
  const refresh = createCoalescer((key) => void client.invalidateQueries({ queryKey: [...key] }));

  const touch = (types: Iterable<string>): void => {
    for (const type of new Set(types)) {
      // The first key is the list that people look at: it does not wait for the burst to end.
      eventEntry(type)?.touches.forEach((key, index) => refresh.add(key, index === 0));
    }
  };
  const count = (deliveries: readonly Delivery[]): void => {
    badge.set(deliveries.reduce((sum, { position }) => withEvent(sum, position), badge.get()));
  };
  const show = (deliveries: readonly Delivery[]): void => {
    if (!addToLists(client, deliveries.map(({ event }) => event))) refresh.add(listKey);
  };
  const live = createBurst<Delivery>((deliveries) => {
    count(deliveries);
    for (const { event } of deliveries) {
      if (rings(event)) toasts.add({ id: event.eventId, urgent: eventEntry(event.type)?.kind === 'error', event });
    }
    show(deliveries);
    touch(deliveries.map(({ event }) => event.type));
  });
  const replaceCount = (next: NotificationCount): void => badge.set(withCount(badge.get(), next));

  return {
    badge,
    digest,
    gap,
    panel,
    toasts,
    replaceCount,
    handleEvent: (event, position) => live.add({ event, position }),
    handleReplay(next) {
      count(next.deliveries);
      digest.set(next);
      show(next.deliveries);
      touch(next.deliveries.map(({ event }) => event.type));
    },
    handleGap(next) {
      // Counts of another epoch say nothing about this one.
      if (next.reason === 'epoch' || next.reason === 'ahead') badge.set(emptyBadge);
      gap.set(next);
    },
    handleReload() {
      void client.invalidateQueries();
    },
    handleSession(session) {
      const { base } = badge.get();
      // Somebody read something while this page was away; the lists show it too.
      if (session.recovered && base && session.version > base.version) refresh.add(['notifications'], true);
    },
    handleNotifications(next) {
      const before = badge.get();
      replaceCount(next);
      if (badge.get() !== before) refresh.add(listKey);
    },
    handleClaim({ eventId, by, at }) {
      claimInCaches(client, eventId, by && { eventId, by, at: at ?? new Date().toISOString() });
    },
    openPanel() {
      panel.set(true);
      toasts.clear();
      digest.set(null);
    },
    stop() {
      live.stop();
      refresh.stop();
      toasts.clear();
      void client.cancelQueries({ queryKey: countKey });
    },
  };
}
