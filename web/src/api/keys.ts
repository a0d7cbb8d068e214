/**
 * The first members of every query key. A resource adds what tells its queries apart (a filter, an id); a
 * refresh names one of these and meets every query below it.
 */
export const keys = {
  stock: ['inventory', 'stock'],
  alerts: ['dashboard-inventory', 'alerts'],
  summary: ['dashboard', 'summary'],
  rentals: ['rentals'],
  payments: ['payments'],
  revenue: ['payments', 'revenue'],
  paymentFailures: ['payments', 'failures'],
  refunds: ['payments', 'refunds'],
  locations: ['catalogue', 'locations'],
  partners: ['catalogue', 'partners'],
  cards: ['catalogue', 'cards'],
  products: ['catalogue', 'products'],
  notifications: ['notifications'],
  notificationList: ['notifications', 'list'],
  notificationCount: ['notifications', 'count'],
  deliveryTrace: ['delivery-trace'],
  users: ['admin', 'users'],
  apiKeys: ['admin', 'api-keys'],
  displays: ['admin', 'displays'],
  connections: ['admin', 'connections'],
  audit: ['admin', 'audit'],
  ownSessions: ['account', 'sessions'],
  selfCheck: ['self-check'],
} as const;

/** One of the keys above. */
export type Key = (typeof keys)[keyof typeof keys];

/** What a change of stock, a rental, a payment or a new day shows in. */
export const tradeKeys: readonly Key[] = [
  keys.alerts,
  keys.summary,
  keys.stock,
  keys.rentals,
  keys.payments,
  // A failed payment is resolved there when its rental is paid or cancelled.
  keys.notificationList,
];
