import {
  countEvent,
  emptyUnreadCount,
  parseFeedEvent,
  replaceBase,
  unreadTotal,
  type Claim,
  type Connection,
  type Delivery,
  type FeedEvent,
  type NotificationCount,
  type RefreshOutcome,
} from '@harang/client';
import { createStore, type Store } from './store.js';

/** A notification: an event, whether this user has read it, and who has claimed it. */
export type NotificationItem = FeedEvent & {
  readonly readAt: string | null;
  readonly claim: Pick<Claim, 'by' | 'at'> | null;
};

export interface NotificationState {
  /** The unread notifications of this user, equal on every tab and device. */
  readonly unreadCount: number;
  /** The newest first. */
  readonly items: readonly NotificationItem[];
  readonly status: 'loading' | 'ready' | 'failed';
  /** Whether loadMore has more to load. */
  readonly hasMore: boolean;
}

export interface NotificationStore extends Pick<Store<NotificationState>, 'get' | 'subscribe'> {
  readonly loadMore: () => Promise<void>;
  readonly reload: () => Promise<void>;
  /** markRead marks these as read, or without ids all up to the newest loaded one. */
  readonly markRead: (eventIds?: readonly string[]) => Promise<void>;
  /** listen follows the connection until the returned function is called. */
  readonly listen: (connection: Connection) => readonly (() => void)[];
}

/** Where the notifications are read from. */
export interface NotificationSource {
  /** The server's origin; '' for the page's own. */
  readonly url: string;
  readonly token: () => string | null;
  readonly refresh?: (() => Promise<RefreshOutcome>) | undefined;
}

interface Page extends NotificationCount {
  readonly items: readonly unknown[];
  readonly nextCursor: string | null;
}

const pageSize = 30;

function readItem(value: unknown): NotificationItem[] {
  const event = parseFeedEvent(value);
  if (!event) return [];
  const { readAt, claim } = value as NotificationItem;
  return [{ ...event, readAt, claim }];
}

/** createNotificationStore loads the notifications over HTTP and keeps them current by what the connection delivers. */
export function createNotificationStore({ url, token, refresh }: NotificationSource): NotificationStore {
  const store = createStore<NotificationState>({ unreadCount: 0, items: [], status: 'loading', hasMore: false });
  let unread = emptyUnreadCount;
  let cursor: string | null = null;
  /** An answer to an earlier load is void. */
  let load = 0;

  const update = (patch: Partial<NotificationState>): void => {
    store.set({ ...store.get(), ...patch, unreadCount: unreadTotal(unread) });
  };
  const changeItems = (change: (item: NotificationItem) => NotificationItem): void => {
    update({ items: store.get().items.map(change) });
  };

  async function send(path: string, init: RequestInit = {}): Promise<Response> {
    const call = (): Promise<Response> => {
      const headers = {
        Accept: 'application/json',
        'Content-Type': 'application/json',
        Authorization: `Bearer ${token() ?? ''}`,
      };
      return fetch(`${url}/api/v1/notifications${path}`, { ...init, headers });
    };
    let response = await call();
    if (response.status === 401 && refresh && (await refresh()) === 'ok') response = await call();
    if (!response.ok) throw new Error(`harang: notifications answered ${response.status}`);
    return response;
  }

  async function fetchPage(after: string | null): Promise<void> {
    load += 1;
    const mine = load;
    const arrived = new Set(store.get().items.map(({ eventId }) => eventId));
    try {
      const response = await send(`?limit=${pageSize}${after === null ? '' : `&cursor=${encodeURIComponent(after)}`}`);
      const page = (await response.json()) as Page;
      if (mine !== load) return;
      unread = replaceBase(unread, page);
      cursor = page.nextCursor;
      const items = page.items.flatMap(readItem);
      const loaded = new Set(items.map(({ eventId }) => eventId));
      const rest = store.get().items.filter(({ eventId }) => !loaded.has(eventId));
      // Events that arrived while the first page was on its way stay on top.
      const kept = after === null ? rest.filter(({ eventId }) => !arrived.has(eventId)) : rest;
      update({ items: [...kept, ...items], status: 'ready', hasMore: cursor !== null });
    } catch {
      if (mine === load) update({ status: 'failed' });
    }
  }

  function add(deliveries: readonly Delivery[]): void {
    const known = new Set(store.get().items.map(({ eventId }) => eventId));
    for (const { position } of deliveries) unread = countEvent(unread, position);
    const fresh = deliveries
      .filter(({ event }) => !known.has(event.eventId))
      .map(({ event }): NotificationItem => ({ ...event, readAt: null, claim: null }))
      .reverse();
    update({ items: [...fresh, ...store.get().items] });
  }

  const reload = (): Promise<void> => fetchPage(null);

  return {
    get: store.get,
    subscribe: store.subscribe,
    reload,
    loadMore: async () => {
      if (cursor !== null) await fetchPage(cursor);
    },
    async markRead(eventIds) {
      const newest = store.get().items[0];
      if (eventIds ? eventIds.length === 0 : !newest) return;
      const response = await send('/read', {
        method: 'POST',
        body: JSON.stringify(eventIds ? { eventIds } : { upTo: newest?.eventId }),
      });
      const { unreadCount, version } = (await response.json()) as Pick<NotificationCount, 'unreadCount' | 'version'>;
      // The answer has no head: events that are counted since then stay counted.
      if (unread.base) unread = replaceBase(unread, { ...unread.base, unreadCount, version });
      const readAt = new Date().toISOString();
      changeItems((item) =>
        item.readAt === null && (!eventIds || eventIds.includes(item.eventId)) ? { ...item, readAt } : item,
      );
    },
    listen: ({ on }) => [
      on('event', (delivery) => {
        add([delivery]);
      }),
      on('replay', ({ deliveries }) => {
        add(deliveries);
      }),
      on('gap', ({ reason }) => {
        // Counts of another epoch say nothing about this one.
        if (reason === 'epoch' || reason === 'ahead') unread = emptyUnreadCount;
      }),
      on('reload', () => void reload()),
      on('session', ({ recovered, version }) => {
        // Another device read something while this one was away.
        if (recovered && unread.base && version > unread.base.version) void reload();
      }),
      on('notifications', (count) => {
        const before = unread;
        unread = replaceBase(unread, count);
        update({});
        if (unread !== before) void reload();
      }),
      on('claim', ({ eventId, by, at }) => {
        changeItems((item) => (item.eventId === eventId ? { ...item, claim: by && { by, at } } : item));
      }),
    ],
  };
}
