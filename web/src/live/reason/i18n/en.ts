import type { Messages } from '../../../shared/i18n/i18n';
import type { hu } from './hu';

export const en: Messages<typeof hu> = {
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
};
