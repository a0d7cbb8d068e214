import type { Messages } from '../../../shared/i18n/i18n';
import type { hu } from './hu';

export const en: Messages<typeof hu> = {
  title: 'Pop-ups on this device',
  lead: 'What is muted still goes into the lists and the notifications, and the bell counts it: it just does not pop up.',
  popsUp: 'pops up',
  quiet: 'muted',
  always: 'Failed payments belong to no place, so they always pop up.',
  none: 'Let all pop up',
  done: 'Done',
};
