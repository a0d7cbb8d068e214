import type { Messages } from '../../../shared/i18n/i18n';
import type { hu } from './hu';

export const en: Messages<typeof hu> = {
  scan: {
    hint: 'Scan its code, or type its name.',
    looking_one: 'Looking for {{count}} code…',
    looking_other: 'Looking for {{count}} codes…',
    added: 'Added: {{product}} ({{n}} in the basket)',
    soldOut: 'Sold out: {{product}} (code {{code}})',
    allTaken: 'No more of {{product}} (code {{code}}): all {{n}} are in the basket',
    notHere: 'Not at this location: {{product}} (code {{code}})',
    archived: 'Retired, cannot be rented: {{product}} (code {{code}})',
    unknown: 'No such code or product: {{code}}',
    failed: 'Could not look for {{code}}. Scan it again.',
    otherStep: 'Not put into the basket: {{code}}. Scan it at the step Items.',
    close: 'Close the message: {{code}}',
  },
};
