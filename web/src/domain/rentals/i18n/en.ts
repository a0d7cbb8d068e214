import type { Messages } from '../../../shared/i18n/i18n';
import type { hu } from './hu';

export const en: Messages<typeof hu> = {
  due: {
    time: 'Time',
    moment: 'Due: {{when}}',
    closed: 'Closed by then. Due: {{when}}',
  },
};
