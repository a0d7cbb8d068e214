import { IconBell, IconChecks } from '@tabler/icons-react';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { memo, useCallback, useEffect, useMemo, useRef, type ReactNode, type RefObject } from 'react';
import { eventEntry, eventTypes } from '../events/registry';
import { useChosenInView } from '../shared/chosen-in-view';
import { useClock } from '../shared/clock';
import { useOffline } from '../shared/connection';
import { formatDay, toDateField } from '../shared/format';
import { type Language, useLanguage, useTranslation } from '../shared/i18n/i18n';
import { useFocusRestore } from '../shared/focus-restore';
import { useUser } from '../shared/session';
import { Button } from '../shared/ui/controls/button';
import { EmptyState, ErrorState, RowSkeletons } from '../shared/ui/states';
import { unreadTotal } from '@harang/react';
import { useLiveTools } from './live-context';
import '../domain/notifications/messages';
import classes from './notification-list.module.css';
import { NotificationRow } from './notification-row';
import { maxPages } from '../api/list';
import {
  isFiltered,
  newestListed,
  notificationsQueryOptions,
  useMarkRead,
  type Notification,
  type NotificationFilter,
} from '../api/notifications';
import { useStore } from '@harang/react';

interface NotificationListProps {
  /** What is chosen in the list itself. */
  chosen: Chosen;
  onChoose: (chosen: Chosen) => void;
  /** Leaves out what is about another location. */
  locationId?: string | null;
  /** Called when a row's link is followed. */
  onLeave?: () => void;
  /** Further filters, above the rows' own. */
  filters?: ReactNode;
  /** What can be done with the whole list as it is filtered, below the filters. */
  tools?: ReactNode;
}

/** Every notification, newest first, by day; the same in the panel and on its page. */
export const NotificationList = memo(function NotificationList({
  chosen,
  onChoose,
  locationId = null,
  onLeave,
  filters,
  tools,
}: NotificationListProps) {
  const { t } = useTranslation('notifications');
  const { t: common } = useTranslation();
  const user = useUser();
  const { controller } = useLiveTools();
  const filter = { ...chosen, locationId };
  const filtered = isFiltered(filter);
  const list = useInfiniteQuery(notificationsQueryOptions(filter, controller.replaceCount));
  const badge = useStore(controller.badge);
  const all = unreadTotal(badge);
  const { data } = list;
  const first = data?.pages[0];
  const unread = filtered ? (first?.filteredUnreadCount ?? first?.locationUnreadCount ?? all) : all;
  const known = filtered ? first !== undefined : badge.base !== null;
  const items = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const read = useMarkRead(useOffline());
  const { mutate } = read;
  const handleRead = useCallback((eventId: string) => mutate({ eventIds: [eventId] }), [mutate]);
  const client = useQueryClient();
  const handleReadAll = () => {
    if (filtered) {
      mutate({ filter, listed: new Set(items.map(({ eventId }) => eventId)) });
      return;
    }
    const newest = newestListed(client);
    if (newest) mutate({ upTo: newest.eventId });
  };
  // Rows that were followed far are dropped at the beginning: from there on one asks for more.
  const end = useInSight(
    list.hasNextPage && !list.isFetching && (data?.pages.length ?? 0) < maxPages,
    () => void list.fetchNextPage(),
  );
  const types = user.role === 'OPERATOR' ? [] : eventTypes;

  const emptyTexts = () => {
    if (list.hasNextPage) return { title: t('list.noneYet'), hint: t('list.noneYetHint') };
    if (filtered) return { title: t('list.emptyFiltered'), hint: t('list.emptyFilteredHint') };
    if (filter.unread) return { title: t('list.emptyUnread'), hint: t('list.emptyUnreadHint') };
    return { title: t('list.empty'), hint: t(user.role === 'OPERATOR' ? 'list.emptyOperator' : 'list.emptyHint') };
  };

  return (
    <div className={classes.list} ref={useFocusRestore()}>
      <div className={classes.bar}>
        {filters}
        <Filters chosen={chosen} types={types} onChange={onChoose} />
        <span className={classes.unread} data-unknown={!known || undefined}>
          {!known ? '' : unread === 0 ? t('list.countNone') : t('list.count', { n: unread > 999 ? '999+' : unread })}
        </span>
        {known && unread > 0 && items.length > 0 && (
          <Button
            variant="subtle"
            size="xs"
            leftSection={<IconChecks size={16} aria-hidden />}
            loading={read.isPending && !('eventIds' in read.variables)}
            onClick={handleReadAll}
          >
            {t(filtered ? 'list.readListed' : 'list.readAll')}
          </Button>
        )}
        {tools !== undefined && <div className={classes.tools}>{tools}</div>}
      </div>
      {list.isPending && (
        <div className={classes.state}>
          <RowSkeletons rows={5} tall />
        </div>
      )}
      {list.isError && items.length === 0 && (
        <div className={classes.state}>
          <ErrorState error={list.error} busy={list.isFetching} onRetry={() => void list.refetch()} />
        </div>
      )}
      {list.isSuccess && items.length === 0 && (
        <EmptyState icon={<IconBell size={24} stroke={1.7} />} {...emptyTexts()} />
      )}
      {list.hasPreviousPage && (
        <div className={classes.foot}>
          <Button
            variant="default"
            size="xs"
            loading={list.isFetchingPreviousPage}
            onClick={() => void list.fetchPreviousPage()}
          >
            {common('common.previous')}
          </Button>
        </div>
      )}
      <div ref={arrowsBetweenRows}>
        <Days items={items} onRead={handleRead} {...(onLeave ? { onLeave } : {})} />
      </div>
      {list.hasNextPage && (
        <div className={classes.foot} ref={end}>
          <Button
            variant="default"
            size="xs"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            {t('list.more')}
          </Button>
        </div>
      )}
      {list.isSuccess && !list.hasNextPage && items.length > 5 && <p className={classes.end}>{t('list.end')}</p>}
    </div>
  );
});

/** What is chosen in the list itself. */
export type Chosen = Omit<NotificationFilter, 'locationId'>;

export const everything: Chosen = { type: null, severity: null, search: '', unread: false };

/** Lets the arrows go from row to row: to the link of each, or the first button of one without. */
function arrowsBetweenRows(list: HTMLElement | null): (() => void) | undefined {
  if (list === null) return undefined;
  const handleKey = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const row = event.target instanceof Element ? event.target.closest('li') : null;
    if (step === 0 || row === null) return;
    const rows = [...list.querySelectorAll('li')];
    const next = rows[rows.indexOf(row) + step];
    if (next === undefined) return;
    event.preventDefault();
    (next.querySelector<HTMLElement>('a, button') ?? next).focus();
  };
  list.addEventListener('keydown', handleKey);
  return () => list.removeEventListener('keydown', handleKey);
}

/** Calls once, whenever the element comes into sight while it is `wanted`. */
function useInSight(wanted: boolean, onSight: () => void): RefObject<HTMLDivElement | null> {
  const element = useRef<HTMLDivElement>(null);
  const handler = useRef(onSight);
  useEffect(() => {
    handler.current = onSight;
  });
  useEffect(() => {
    if (!wanted || !element.current || typeof IntersectionObserver === 'undefined') return undefined;
    const observer = new IntersectionObserver(
      (changes) => {
        if (!changes.some(({ isIntersecting }) => isIntersecting)) return;
        observer.disconnect();
        handler.current();
      },
      { rootMargin: '400px' },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [wanted]);
  return element;
}

interface FiltersProps {
  chosen: Chosen;
  types: readonly string[];
  onChange: (chosen: Chosen) => void;
}

function Filters({ chosen, types, onChange }: FiltersProps) {
  const { t } = useTranslation('notifications');
  const language = useLanguage();
  const { type, unread } = chosen;
  const choices = [
    { name: 'every', label: t('list.every'), pressed: type === null && !unread, to: { type: null, unread: false } },
    { name: 'unread', label: t('list.unread'), pressed: unread, to: { unread: !unread } },
    ...types.map((each) => ({
      name: each,
      label: eventEntry(each)?.name[language] ?? each,
      pressed: each === type,
      to: { type: each === type ? null : each },
    })),
  ];
  return (
    <div
      ref={useChosenInView(`${type}/${unread}`)}
      className={classes.filters}
      role="group"
      aria-label={t('list.filter')}
    >
      {choices.map((choice) => (
        <button
          key={choice.name}
          type="button"
          className={classes.filter}
          aria-pressed={choice.pressed}
          onClick={() => onChange({ ...chosen, ...choice.to })}
        >
          {choice.label}
        </button>
      ))}
    </div>
  );
}

interface DaysProps {
  items: readonly Notification[];
  onRead: (eventId: string) => void;
  onLeave?: () => void;
}

const Days = memo(function Days({ items, onRead, onLeave }: DaysProps) {
  const language = useLanguage();
  const today = useClock(toDateField);
  const days = useMemo(() => byDay(items, language, new Date(`${today}T12:00:00Z`)), [items, language, today]);
  return days.map(({ day, items: rows }) => (
    <section key={day} aria-label={day}>
      <h3 className={classes.day}>{day}</h3>
      <ul>
        {rows.map((item) => (
          <NotificationRow key={item.eventId} item={item} onRead={onRead} {...(onLeave ? { onLeave } : {})} />
        ))}
      </ul>
    </section>
  ));
});

/** byDay cuts a list that is newest first at the shop's midnights. */
export function byDay(
  items: readonly Notification[],
  language: Language,
  now: Date,
): { day: string; items: Notification[] }[] {
  const days: { day: string; items: Notification[] }[] = [];
  for (const item of items) {
    const day = formatDay(item.timestamp, language, now);
    const last = days.at(-1);
    if (last?.day === day) last.items.push(item);
    else days.push({ day, items: [item] });
  }
  return days;
}
