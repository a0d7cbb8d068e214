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
  kept: {
    label: 'How long the pieces are still kept',
    until: 'The pieces are kept until {{time}}.',
    over: 'The 30 minutes are over, the pieces go back into stock.',
    expired: 'The rental was not paid in time and is cancelled. The pieces are back in stock.',
  },
  unsettled:
    'The rental may have been opened. Send it again: it is not opened twice, and the card is not charged twice.',
  again: 'Send again',
};
