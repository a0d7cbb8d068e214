import type { FeedEvent, NotificationCount } from '@harang/react';
import {
  infiniteQueryOptions,
  queryOptions,
  useMutation,
  useQueryClient,
  type InfiniteData,
  type QueryClient,
} from '@tanstack/react-query';
import type { Claim, Page } from '../shared/model';
import { call, type CallOptions } from './call';
import { keys } from './keys';
import { type PageStart, paging } from './list';
import { refresh } from './refresh';

// The notifications of the signed-in user, and how many are unread.

/** An event as GET /notifications lists it. */
export type Notification = FeedEvent & {
  readonly readAt: string | null;
  readonly claim: Claim | null;
  /** Since when nothing is left to do; null while something is, absent from an older server. */
  readonly resolvedAt?: string | null;
};

export interface NotificationPage extends Page<Notification>, NotificationCount {
  /** With a filter, on the first page: how many of the unread ones are listed; 1000 for more than 999. */
  readonly filteredUnreadCount?: number;
  /** The same with a location alone, of an older server too. */
  readonly locationUnreadCount?: number;
}

export type NotificationSeverity = 'INFO' | 'WARNING' | 'CRITICAL';

export interface NotificationFilter {
  type: string | null;
  severity: NotificationSeverity | null;
  /** Words of an event's sentence; "" for all. */
  search: string;
  unread: boolean;
  /** Leaves out what is about another location; null lists all. */
  locationId: string | null;
}

/** Each answer also carries the server's count; `onCount` takes it. */
type OnCount = (count: NotificationCount) => void;

/** How often one page is asked for while its search has found nothing; each answer is about a thousand events further. */
const searchSteps = 5;

async function fetchPage(
  query: NonNullable<CallOptions<'/api/v1/notifications', 'get'>['query']>,
  onCount: OnCount,
  signal: AbortSignal,
): Promise<NotificationPage> {
  const first: NotificationPage = await call('get', '/api/v1/notifications', { query, signal });
  onCount(first);
  let page = first;
  for (let step = 1; step < searchSteps && page.items.length === 0 && page.nextCursor !== null; step += 1) {
    page = await call('get', '/api/v1/notifications', { query: { ...query, cursor: page.nextCursor }, signal });
  }
  return { ...first, items: page.items, nextCursor: page.nextCursor };
}

export const notificationCountQueryOptions = (onCount: OnCount) =>
  queryOptions({
    queryKey: keys.notificationCount,
    queryFn: async ({ signal }) => {
      const { unreadCount, head, version } = await fetchPage({ limit: 1 }, onCount, signal);
      return { unreadCount, head, version };
    },
  });

/** A filter as the server's lists take it. */
export const queryOf = (filter: NotificationFilter) => ({
  ...filter,
  search: filter.search || null,
  unread: filter.unread || null,
});

/** Whether a filter leaves out events by what they are. */
export const isFiltered = ({ type, severity, search, locationId }: NotificationFilter): boolean =>
  type !== null || severity !== null || search !== '' || locationId !== null;

export const notificationsQueryOptions = (filter: NotificationFilter, onCount: OnCount) =>
  infiniteQueryOptions({
    queryKey: [...keys.notificationList, filter],
    queryFn: ({ signal, pageParam: { cursor } }) =>
      fetchPage({ ...queryOf(filter), limit: 50, cursor }, onCount, signal),
    ...paging,
  });

/** Stops the question for the count, whose answer would be of the user before. */
export function cancelCount(client: QueryClient): Promise<void> {
  return client.cancelQueries({ queryKey: keys.notificationCount });
}

/** Some notifications, every one up to an event, or what a filter lists, of which `listed` are here. */
export type ReadTarget =
  { eventIds: string[] } | { upTo: string } | { filter: NotificationFilter; listed: ReadonlySet<string> };

/** Marks what a filter lists. The server takes a thousand at a time. */
async function markFiltered({ type, severity, search, locationId }: NotificationFilter): Promise<void> {
  const filter = {
    ...(type !== null && { type }),
    ...(severity !== null && { severity }),
    ...(search !== '' && { search }),
    ...(locationId !== null && { locationId }),
  };
  for (let more = true, turn = 0; more && turn < 20; turn += 1) {
    ({ more } = await call('post', '/api/v1/notifications/read', { body: { filter } }));
  }
}

/** Marks as read; the loaded lists show it at once. While `offline` no message brings the new count, so it is read. */
export function useMarkRead(offline: boolean) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (target: ReadTarget): Promise<unknown> =>
      'filter' in target ? markFiltered(target.filter) : call('post', '/api/v1/notifications/read', { body: target }),
    onMutate(target) {
      const ids = 'filter' in target ? target.listed : 'eventIds' in target ? new Set(target.eventIds) : null;
      readInLists(client, (eventId) => ids === null || ids.has(eventId), new Date().toISOString());
    },
    onError: () => refresh(client, [keys.notifications]),
    onSuccess(_answer, target) {
      if (offline) void refresh(client, [keys.notificationCount]);
      if ('filter' in target) void refresh(client, [keys.notificationList]);
    },
  });
}

type Pages = InfiniteData<NotificationPage, PageStart>;

/** changeLists edits every loaded list; `change` returns the same item to leave it. */
export function changeLists(client: QueryClient, change: (item: Notification) => Notification): void {
  client.setQueriesData<Pages>({ queryKey: keys.notificationList }, (data) => {
    if (!data) return data;
    // A page without a change stays the same object, so that its rows are not drawn again.
    const pages = data.pages.map((page) => {
      const items = page.items.map(change);
      return items.some((item, index) => item !== page.items[index]) ? { ...page, items } : page;
    });
    return pages.some((page, index) => page !== data.pages[index]) ? { ...data, pages } : data;
  });
}

/** Whether an event is in the list of a filter, as the server decides it; null when only the server knows. */
function belongs(filter: NotificationFilter | undefined, type: string, data: FeedEvent['data']): boolean | null {
  if (filter?.type && filter.type !== type) return false;
  const { locationId } = data as { locationId?: unknown };
  if (filter?.locationId && typeof locationId === 'string' && locationId !== filter.locationId) return false;
  if (filter?.severity || filter?.search) return null;
  return !filter?.locationId || typeof locationId === 'string' ? true : null;
}

/** Whether new events may change what only the server knows of a filtered list: its rows, or how many are unread. */
function mayChange(filter: NotificationFilter | undefined, events: readonly FeedEvent[]): boolean {
  if (!filter || !isFiltered(filter)) return false;
  return events.some(({ type, data }) => belongs(filter, type, data) !== false);
}

/** How long the first page of a list may become before it is fetched anew. */
const longest = 100;

/**
 * addToLists puts new events on top of every loaded list that they belong to. It
 * answers false when a list must be fetched: it would become too long for that, or it is filtered,
 * so that only the server knows how many are unread, and often which events are listed.
 */
export function addToLists(client: QueryClient, events: readonly FeedEvent[]): boolean {
  let all = true;
  for (const cached of client.getQueryCache().findAll({ queryKey: keys.notificationList })) {
    const filter = cached.queryKey[2] as NotificationFilter | undefined;
    if (mayChange(filter, events)) {
      if (cached.isActive()) all = false;
      else void client.invalidateQueries({ queryKey: cached.queryKey, exact: true });
    }
    client.setQueryData<Pages>(cached.queryKey, (data) => {
      const [first, ...rest] = data?.pages ?? [];
      // A list that was followed far down has dropped its first page, and the newest events with it.
      if (!data || !first || data.pageParams[0]?.cursor !== null) return data;
      const known = new Set(data.pages.flatMap(({ items }) => items.map(({ eventId }) => eventId)));
      const fresh = events
        .filter(({ eventId, type, data }) => !known.has(eventId) && belongs(filter, type, data) === true)
        .map((event): Notification => ({ ...event, readAt: null, claim: null, resolvedAt: null }))
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
    .getQueriesData<Pages>({ queryKey: keys.notificationList })
    .flatMap(([, data]) => data?.pages[0]?.items.slice(0, 1) ?? [])
    .sort((a, b) => b.timestamp.localeCompare(a.timestamp))[0];
}

export function readInLists(client: QueryClient, isRead: (eventId: string) => boolean, readAt: string): void {
  changeLists(client, (item) => (item.readAt === null && isRead(item.eventId) ? { ...item, readAt } : item));
}
