import type { Messages } from '../../../../shared/i18n/i18n';
import type { hu } from './hu';

export const en: Messages<typeof hu> = {
  title: 'Displays',
  new: 'New display',
  name: 'Where will it be?',
  nameHint: 'For instance: behind the counter, door of the store room.',
  nameMissing: 'Enter where the display will be.',
  location: 'Location',
  everywhere: 'All locations',
  create: 'Make a link',
  madeTitle: 'The display is ready',
  madeHint:
    'Open this link on the screen; nobody has to sign in. Copy it now: it is shown only once. Who knows it sees the alerts and the returns.',
  connected: 'Showing',
  away: 'Not running',
  used: 'last used {{ago}}',
  unused: 'not opened yet',
  revoke: 'Revoke',
  revokeAsk: 'The display “{{name}}” ends at once, and its link opens nothing any more. Revoke it?',
  empty: 'No display yet',
  emptyHint: 'A screen on the wall shows the alerts and what is due back today, without a sign-in.',
};
