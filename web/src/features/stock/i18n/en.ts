import type { Messages } from '../../../shared/i18n/i18n';
import type { hu } from './hu';

export const en: Messages<typeof hu> = {
  scan: {
    looking: 'Looking for {{code}}',
    found: 'Scanned: {{code}}',
    elsewhere: 'Scanned: {{code}}. Not at this location, but elsewhere.',
    unknown: 'No such code in stock: {{code}}',
    close: 'Dismiss the scan',
  },
  archived: 'retired',
  ask: {
    largeTitle: 'Is the change this large?',
    subject: '{{product}} · {{location}}',
    largeChange: '{{after}} pieces instead of {{before}} ({{delta}}).',
    largeYes: 'Record {{delta}}',
    tooManyTitle: 'There are not that many',
    tooMany: 'You would take {{n}}, but there are only {{quantity}}. Take all of them?',
    tooManyYes: 'Take all {{quantity}}',
  },
};
