export * from '@harang/client';
export { watchForeground } from '@harang/client/tabs';
export { HarangProvider, type HarangProviderProps } from './harang-provider.js';
export { useConnection, useConnectionActions } from './use-connection.js';
export { useHarangEvent } from './use-harang-event.js';
export { useNotifications, useUnreadCount, type Notifications } from './use-notifications.js';
export { HarangBell, type HarangBellProps } from './harang-bell.js';
export { describeEvent, type BellKind, type BellLanguage, type BellSentence } from './bell-texts.js';
export { createStore, useStore, type Store } from './store.js';
export {
  createToastQueue,
  type QueuedToast,
  type ToastPause,
  type ToastQueue,
  type ToastsShown,
} from './toast-queue.js';
export type { NotificationItem, NotificationState } from './notification-store.js';
export {
  useWebSocketEvents,
  type EventDelivery,
  type WebSocketEvents,
  type WebSocketEventsOptions,
} from './use-web-socket-events.js';
