import type { Messages } from '../../shared/i18n/i18n';
import type { hu } from './hu';

export const en: Messages<typeof hu> = {
  chip: {
    connected: 'Connected',
    reconnecting: 'Reconnecting',
    disconnected: 'Offline',
    took: '{{ms}} ms',
    in: 'in {{seconds}} s',
    now: 'Retry now',
    title: { connected: 'WebSocket: Connected', reconnecting: 'Reconnecting...', disconnected: 'Offline' },
  },
  reason: {
    TENANT_CONNECTION_LIMIT:
      'All seats are taken: {{limit}} screens can be open at once. Close one, and this one connects by itself.',
    TENANT_CONNECTION_LIMIT_UNKNOWN: 'All seats are taken. Close another screen, and this one connects by itself.',
    USER_CONNECTION_LIMIT:
      'This user can have {{limit}} screens open at once. Close one, and this one connects by itself.',
    USER_CONNECTION_LIMIT_UNKNOWN: 'This user has too many screens open. Close one, and this one connects by itself.',
    CLOSED_BY_ADMIN: 'An administrator closed this connection. "Retry now" brings you back.',
    ORIGIN_REFUSED:
      'The server does not accept connections from this address: {{origin}}. Tell the administrator of the system.',
    FORBIDDEN: 'You may not see live events. Ask an administrator.',
    UNAUTHENTICATED: 'The server did not accept your sign-in. Sign out and in again.',
    TOKEN_EXPIRED: 'Your sign-in has expired. Sign out and in again.',
    OFFLINE: 'No internet connection. The server keeps what happens meanwhile and makes up for it.',
    USER_DISABLED: 'This user has been disabled.',
    LOGGED_OUT: 'This session was ended elsewhere.',
  },
  testAlert: {
    took: 'Test alert: it took {{ms}} ms to get here',
    here: 'Test alert: it is here',
    detail: 'This is how alerts sound on this screen',
  },
  bell: { open: 'Notifications', unread: 'Notifications, {{n}} unread', more: '{{n}}+' },
  panel: { title: 'Notifications', close: 'Close', all: 'Open all' },
  toasts: { label: 'New events', close: 'Close', more: '{{n}} more' },
  digest: {
    title_one: 'While you were away: {{count}} event',
    title_other: 'While you were away: {{count}} events',
    made: '{{count}} events made up for ({{from}}–{{to}})',
    madeAt_one: '{{count}} event made up for ({{from}})',
    madeAt_other: '{{count}} events made up for ({{from}})',
    rest: 'and {{n}} more',
    open: 'Show',
    close: 'Close',
  },
  gap: {
    title: 'Gap: the list was reloaded',
    missed_one: '{{count}} event did not fit; it is among the notifications.',
    missed_other: '{{count}} events did not fit; all of them are among the notifications.',
    unknown: 'What happened meanwhile is among the notifications.',
    close: 'Close',
  },
};
