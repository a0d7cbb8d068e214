'use client';

import { useSyncExternalStore } from 'react';
import { useHarang } from './harang-provider.js';
import type { NotificationState, NotificationStore } from './notification-store.js';

/** useUnreadCount returns the number for the badge: the server's count and the events since. */
export function useUnreadCount(): number {
  const { notifications } = useHarang();
  const count = (): number => notifications.get().unreadCount;
  return useSyncExternalStore(notifications.subscribe, count, count);
}

export interface Notifications extends NotificationState, Pick<NotificationStore, 'loadMore' | 'reload' | 'markRead'> {}

/** useNotifications returns the notification list, the newest first, and what can be done with it. */
export function useNotifications(): Notifications {
  const { notifications } = useHarang();
  const state = useSyncExternalStore(notifications.subscribe, notifications.get, notifications.get);
  const { loadMore, reload, markRead } = notifications;
  return { ...state, loadMore, reload, markRead };
}
