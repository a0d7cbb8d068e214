export { createConnection } from './connection.js';
export type { ShareConnection } from './connection-observer.js';
export type { Connection, ConnectionEvents, ConnectionOptions, ForegroundTab, Reload } from './options.js';
export type { ClockComparison, ConnectionReason, ConnectionSnapshot, ConnectionStatus } from './snapshot.js';
export {
  isEvent,
  isKnownEvent,
  parseFeedEvent,
  isKnownType,
  type EventOf,
  type FeedEvent,
  type UnknownEvent,
} from './events.js';
export type * from './event-types.js';
export { parsePosition, sameFeed, type Audience, type Position } from './position.js';
export type { Delivery, ReplayBatch } from './replay.js';
export type { RefreshOutcome } from './token.js';
export type { Claim, Gap, GapReason, NewLogin, NotificationCount, SessionInfo, TestAlert } from './server-messages.js';
export { browserEnvironment, type Environment, type TimerHandle } from './environment.js';
export { createStockManager, type CreateManager, type ManagerPort, type SocketPort } from './manager.js';
export { countEvent, emptyUnreadCount, replaceBase, unreadTotal, type UnreadCount } from './unread-count.js';
