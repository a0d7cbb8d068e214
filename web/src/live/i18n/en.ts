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
  banner: { title: 'No live connection.', since: 'What you see was fresh at {{time}}.' },
  testAlert: {
    took: 'Test alert: it took {{ms}} ms to get here',
    here: 'Test alert: it is here',
    detail: 'This is how alerts sound on this screen',
  },
  newLogin: { title: 'New sign-in: {{device}}', unknown: 'New sign-in', next: 'It was not me' },
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
