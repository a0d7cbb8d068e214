import { IconBell, IconChecks } from '@tabler/icons-react';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { memo, useCallback, useMemo, useState, type ComponentType } from 'react';
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
import {
  newestListed,
  notificationsQueryOptions,
  useMarkRead,
  type Notification,
  type NotificationFilter,
} from '../api/notifications';
import { useStore } from '@harang/react';

interface NotificationListProps {
  /** Leaves out what is about another location. */
  locationId?: string | null;
  /** Called when a row's link is followed. */
  onLeave?: () => void;
  /** What can be done with the whole list as it is filtered, below the rows' filters. */
  tools?: ComponentType<{ filter: NotificationFilter }>;
}

/** Every notification, newest first, by day; the same in the panel and on its page. */
export const NotificationList = memo(function NotificationList({
  locationId = null,
  onLeave,
  tools: Tools,
}: NotificationListProps) {
  const { t } = useTranslation('notifications');
  const { t: common } = useTranslation();
  const user = useUser();
  const { controller } = useLiveTools();
  const [chosen, setChosen] = useState<Chosen>({ type: null, unread: false });
  const filter = { ...chosen, locationId };
  const list = useInfiniteQuery(notificationsQueryOptions(filter, controller.replaceCount));
  const all = unreadTotal(useStore(controller.badge));
  const { data } = list;
  const unread = data?.pages[0]?.locationUnreadCount ?? all;
  const items = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const read = useMarkRead(useOffline());
  const { mutate } = read;
  const handleRead = useCallback((eventId: string) => mutate({ eventIds: [eventId] }), [mutate]);
  const client = useQueryClient();
  const handleReadAll = () => {
    if (locationId !== null) {
      // Up to an event would be everything, other locations' too.
      mutate({ eventIds: items.flatMap(({ eventId, readAt }) => (readAt === null ? [eventId] : [])) });
      return;
    }
    const newest = newestListed(client);
    if (newest) mutate({ upTo: newest.eventId });
  };
  const types = user.role === 'OPERATOR' ? [] : eventTypes;

  return (
    <div className={classes.list} ref={useFocusRestore()}>
      <div className={classes.bar}>
        <Filters filter={chosen} types={types} onChange={setChosen} />
        <span className={classes.unread}>{unread === 0 ? t('list.countNone') : t('list.count', { n: unread })}</span>
        {unread > 0 && items.length > 0 && (
          <Button
            variant="subtle"
            size="xs"
            leftSection={<IconChecks size={16} aria-hidden />}
            loading={read.isPending && ('upTo' in read.variables || read.variables.eventIds.length > 1)}
            onClick={handleReadAll}
          >
            {t(locationId === null ? 'list.readAll' : 'list.readListed')}
          </Button>
        )}
        {Tools !== undefined && (
          <div className={classes.tools}>
            <Tools filter={filter} />
          </div>
        )}
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
        <EmptyState
          icon={<IconBell size={24} stroke={1.7} />}
          title={t(filter.unread ? 'list.emptyUnread' : 'list.empty')}
          hint={t(
            filter.unread ? 'list.emptyUnreadHint' : user.role === 'OPERATOR' ? 'list.emptyOperator' : 'list.emptyHint',
          )}
        />
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
      <Days items={items} onRead={handleRead} {...(onLeave ? { onLeave } : {})} />
      {list.hasNextPage && (
        <div className={classes.foot}>
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
type Chosen = Omit<NotificationFilter, 'locationId'>;

interface FiltersProps {
  filter: Chosen;
  types: readonly string[];
  onChange: (filter: Chosen) => void;
}

function Filters({ filter, types, onChange }: FiltersProps) {
  const { t } = useTranslation('notifications');
  const language = useLanguage();
  const choices: { name: string; label: string; filter: Chosen }[] = [
    { name: 'every', label: t('list.every'), filter: { type: null, unread: false } },
    { name: 'unread', label: t('list.unread'), filter: { type: null, unread: true } },
    ...types.map((type) => ({
      name: type,
      label: eventEntry(type)?.name[language] ?? type,
      filter: { type, unread: false },
    })),
  ];
  return (
    <div
      ref={useChosenInView(`${filter.type}/${filter.unread}`)}
      className={classes.filters}
      role="group"
      aria-label={t('list.filter')}
    >
      {choices.map((choice) => (
        <button
          key={choice.name}
          type="button"
          className={classes.filter}
          aria-pressed={choice.filter.type === filter.type && choice.filter.unread === filter.unread}
          onClick={() => onChange(choice.filter)}
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
