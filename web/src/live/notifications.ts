import type { FeedEvent, NotificationCount } from '@harang/react';
import { infiniteQueryOptions, queryOptions, type InfiniteData, type QueryClient } from '@tanstack/react-query';
import { call, type CallOptions } from '../shared/call';
import type { Claim, Page, PaymentFailure, StockAlert } from '../shared/model';

/** An event as GET /notifications lists it. */
export type Notification = FeedEvent & {
  readonly readAt: string | null;
  readonly claim: Claim | null;
};

export interface NotificationPage extends Page<Notification>, NotificationCount {}

export interface NotificationFilter {
  type: string | null;
  unread: boolean;
}

export const countKey = ['notifications', 'count'] as const;
export const listKey = ['notifications', 'list'] as const;
const alertsKey = ['dashboard-inventory', 'alerts'] as const;
const failuresKey = ['payments', 'failures'] as const;

/** The queries whose answers say who has an event. */
export const claimKeys = [listKey, alertsKey, failuresKey];

/** Each answer also carries the server's count; `onCount` takes it. */
type OnCount = (count: NotificationCount) => void;

async function fetchPage(
  query: NonNullable<CallOptions<'/api/v1/notifications', 'get'>['query']>,
  onCount: OnCount,
  signal: AbortSignal,
): Promise<NotificationPage> {
  const page: NotificationPage = await call('get', '/api/v1/notifications', { query, signal });
  onCount(page);
  return page;
}

export const countQueryOptions = (onCount: OnCount) =>
  queryOptions({
    queryKey: countKey,
    queryFn: async ({ signal }) => {
      const { unreadCount, head, version } = await fetchPage({ limit: 1 }, onCount, signal);
      return { unreadCount, head, version };
    },
  });

export const listQueryOptions = (filter: NotificationFilter, onCount: OnCount) =>
  infiniteQueryOptions({
    queryKey: [...listKey, filter],
    queryFn: ({ signal, pageParam }) =>
      fetchPage({ type: filter.type, unread: filter.unread || null, limit: 30, cursor: pageParam }, onCount, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor,
  });

export function markRead(
  target: { eventIds: string[] } | { upTo: string },
): Promise<{ unreadCount: number; version: number }> {
  return call('post', '/api/v1/notifications/read', { body: target });
}

type Pages = InfiniteData<NotificationPage>;

/** changeLists edits every loaded list; `change` returns the same item to leave it. */
function changeLists(client: QueryClient, change: (item: Notification) => Notification): void {
  client.setQueriesData<Pages>({ queryKey: listKey }, (data) => {
    if (!data) return data;
    // A page without a change stays the same object, so that its rows are not drawn again.
    const pages = data.pages.map((page) => {
      const items = page.items.map(change);
      return items.some((item, index) => item !== page.items[index]) ? { ...page, items } : page;
    });
    return pages.some((page, index) => page !== data.pages[index]) ? { ...data, pages } : data;
  });
}

/** How long the first page of a list may become before it is fetched anew. */
const longest = 100;

/**
 * addToLists puts new events on top of every loaded list that they belong to. It
 * answers false when a list would become too long for that and must be fetched.
 */
export function addToLists(client: QueryClient, events: readonly FeedEvent[]): boolean {
  let all = true;
  for (const cached of client.getQueryCache().findAll({ queryKey: listKey })) {
    const filter = cached.queryKey[2] as NotificationFilter | undefined;
    client.setQueryData<Pages>(cached.queryKey, (data) => {
      const [first, ...rest] = data?.pages ?? [];
      if (!data || !first) return data;
      const known = new Set(data.pages.flatMap(({ items }) => items.map(({ eventId }) => eventId)));
      const fresh = events
        .filter(({ eventId, type }) => !known.has(eventId) && (!filter?.type || filter.type === type))
        .map((event): Notification => ({ ...event, readAt: null, claim: null }))
        .reverse();
      if (fresh.length === 0) return data;
      if (first.items.length + fresh.length > longest) {
        all = false;
        return data;
      }
      return { ...data, pages: [{ ...first, items: [...fresh, ...first.items] }, ...rest] };
    });
  }
  return all;
}

/** newestListed is the newest event of all loaded lists: who reads up to it reads all, whatever one list leaves out. */
export function newestListed(client: QueryClient): Notification | undefined {
  return client
    .getQueriesData<Pages>({ queryKey: listKey })
    .flatMap(([, data]) => data?.pages[0]?.items.slice(0, 1) ?? [])
    .sort((a, b) => b.timestamp.localeCompare(a.timestamp))[0];
}

export function readInLists(client: QueryClient, isRead: (eventId: string) => boolean, readAt: string): void {
  changeLists(client, (item) => (item.readAt === null && isRead(item.eventId) ? { ...item, readAt } : item));
}

/** claimInCaches shows who has an event, in the lists and on the dashboard. */
export function claimInCaches(client: QueryClient, eventId: string, claim: Claim | null): void {
  changeLists(client, (item) => (item.eventId === eventId ? { ...item, claim } : item));
  client.setQueryData<Page<StockAlert>>(alertsKey, (page) => {
    if (!page?.items.some((alert) => alert.eventId === eventId)) return page;
    return { ...page, items: page.items.map((alert) => (alert.eventId === eventId ? { ...alert, claim } : alert)) };
  });
  client.setQueryData<Page<PaymentFailure>>(failuresKey, (page) => {
    // A claim may be of an earlier failure of the same rental.
    const meant = (failure: PaymentFailure) => failure.eventId === eventId || failure.claim?.eventId === eventId;
    if (!page?.items.some(meant)) return page;
    return { ...page, items: page.items.map((failure) => (meant(failure) ? { ...failure, claim } : failure)) };
  });
}
